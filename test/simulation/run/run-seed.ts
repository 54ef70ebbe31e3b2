import { isDeepStrictEqual } from 'node:util';
import { checkFamilies } from '../properties/check-family.ts';
import { checkLife } from '../properties/check-life.ts';
import { checkRuns } from '../properties/check-runs.ts';
import { checkSchedules } from '../properties/check-schedules.ts';
import { type Facts, readFacts } from '../properties/facts.ts';
import { endWorld } from '../world/drive.ts';
import { seedEntropy } from '../world/entropy.ts';
import { NO_FAULTS } from '../world/faults.ts';
import { createRandom } from '../world/random.ts';
import { createWorld } from '../world/world.ts';
import { live } from './live.ts';
import { hasOneOutcome, LAST_START_MS, type Script, writeScript } from './script.ts';

export interface SeedReport {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly counts: { readonly [what: string]: number };
  /** Of everything that was committed, in its order: the same for the same seed. */
  readonly digest: string;
}

/** @param print gets a line for everything that happens */
export async function runSeed(
  seed: number,
  print: ((line: string) => void) | null = null,
): Promise<SeedReport> {
  const script = writeScript(seed);
  const disturbed = await simulate(seed, script, print);
  const { violations, counts, digest } = disturbed;
  if (violations.length === 0) {
    const quiet = await simulate(
      seed,
      quietly(script),
      print && ((line) => print(`undisturbed ${line}`)),
    );
    violations.push(...quiet.violations.map((what) => `undisturbed: ${what}`));
    violations.push(...compare(quiet.outcomes, disturbed.outcomes));
  }
  return { seed, violations, counts, digest };
}

interface Ending {
  readonly violations: string[];
  readonly counts: { readonly [what: string]: number };
  readonly outcomes: ReadonlyMap<string, unknown>;
  readonly digest: string;
}

async function simulate(
  seed: number,
  script: Script,
  print: ((line: string) => void) | null,
): Promise<Ending> {
  const random = createRandom(seed ^ 0x5eed);
  seedEntropy(random.fork());
  const { leaseMs, seesDeath } = script;
  const world = createWorld({ random, leaseMs, seesDeath, print });
  const life = await live(world, script);
  await endWorld(world);
  const facts = await readFacts(world);
  await checkLife(world, facts, life, script);
  if (life.over) {
    await checkRuns(world, facts);
    checkFamilies(world, facts);
    await checkSchedules(world, facts, script.schedules);
  }
  return {
    violations: [...world.violations],
    counts: Object.fromEntries(world.counts),
    outcomes: outcomesOf(facts, script),
    digest: world.digest(),
  };
}

/** The same programs, with one worker in a world where nothing goes wrong and nobody interferes. */
function quietly(script: Script): Script {
  return {
    ...script,
    healsAt: Math.min(script.healsAt, LAST_START_MS + 1),
    workers: 1,
    fronts: 1,
    faults: NO_FAULTS,
    roots: script.roots.filter(hasOneOutcome),
    schedules: [],
    deployments: [],
    jumps: [],
    skewed: 0,
    broken: 0,
  };
}

/** Of the runs that can end in one way only. */
function outcomesOf(facts: Facts, script: Script): ReadonlyMap<string, unknown> {
  const outcomes = new Map<string, unknown>();
  const wanted = new Set(script.roots.filter(hasOneOutcome).map(({ program }) => program.label));
  for (const final of facts.runs) {
    const { idempotencyKey: label } = final.run;
    if (label === null || !wanted.has(label)) continue;
    const { status, result, error } = facts.lastOf(final).run;
    outcomes.set(label, { status, result, error: error?.message ?? null });
  }
  return outcomes;
}

function compare(quiet: ReadonlyMap<string, unknown>, disturbed: ReadonlyMap<string, unknown>) {
  const wrong: string[] = [];
  for (const [label, expected] of quiet) {
    const found = disturbed.get(label);
    if (isDeepStrictEqual(found, expected)) continue;
    wrong.push(`${label}: ${JSON.stringify(found)}, undisturbed ${JSON.stringify(expected)}`);
  }
  return wrong;
}
