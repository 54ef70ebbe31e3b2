import { createGrammar } from '../program/grammar.ts';
import type { Program } from '../program/program.ts';
import { isDeterministic } from '../program/program.ts';
import { drawFaults, type Faults } from '../world/faults.ts';
import { createRandom, type Random } from '../world/random.ts';
import { type ScheduleScript, scriptSchedule } from './script-schedule.ts';

/** What is to happen in a seed, as far as it does not depend on what happens. Milliseconds from the start. */
export interface Script {
  readonly workers: number;
  readonly fronts: number;
  readonly leaseMs: number;
  readonly seesDeath: boolean;
  readonly faults: Faults;
  /** When everything that disturbs is over. */
  readonly healsAt: number;
  readonly roots: readonly Root[];
  readonly schedules: readonly ScheduleScript[];
  readonly deployments: readonly number[];
  readonly jumps: readonly { readonly at: number; readonly byMs: number }[];
  readonly skewed: number;
  readonly broken: number;
}

/** A run that people start. */
export interface Root {
  readonly program: Program;
  readonly workflow: string;
  readonly at: number;
  readonly detach: boolean;
  readonly cancelAt: number | null;
  /** A second client starts the same, under the same idempotency key. */
  readonly twice: boolean;
}

/** True if it ends as it would in a quiet world. */
export function hasOneOutcome({ program, workflow, cancelAt }: Root): boolean {
  return cancelAt === null && !SINGLE.includes(workflow) && isDeterministic(program.body);
}

/** Until then all runs are asked for that people start. */
export const LAST_START_MS = 8000;

export const SINGLE = ['single', 'existing', 'replacing'];

export function writeScript(seed: number): Script {
  const random = createRandom(seed);
  const grammar = createGrammar(random);
  const healsAt = random.between(10_000, 45_000);
  const roots = Array.from({ length: random.between(2, 6) }, (_, n) => root(n));

  function root(n: number): Root {
    const label = `r${n}`;
    const workflow = random.pick(['plain', 'plain', 'plain', 'limited', 'keyed', ...SINGLE]);
    const at = random.between(0, LAST_START_MS);
    const small = SINGLE.includes(workflow) || random.chance(0.2);
    return {
      workflow,
      at,
      program: small
        ? grammar.small(label)
        : grammar.program(label, { free: workflow !== 'plain' }),
      detach: random.chance(0.5),
      cancelAt: random.chance(0.25) ? at + random.between(0, 15_000) : null,
      twice: random.chance(0.3),
    };
  }

  const schedules = Array.from({ length: random.pick([0, 0, 1, 1, 2]) }, (_, n) =>
    scriptSchedule(random, grammar, `s${n}`, healsAt),
  );
  const within = (most: number) => times(random, random.int(most + 1), healsAt);
  return {
    workers: random.between(2, 4),
    fronts: random.between(1, 2),
    leaseMs: random.pick([1500, 5000, 15_000]),
    seesDeath: random.chance(0.5),
    faults: drawFaults(random),
    healsAt,
    roots,
    schedules,
    deployments: random.chance(0.4) ? within(3) : [],
    jumps: random.chance(0.25)
      ? within(2).map((at) => ({ at, byMs: random.pick([500, 5000, 30_000, 150_000]) }))
      : [],
    skewed: random.chance(0.3) ? 0.5 : 0,
    broken: random.chance(0.2) ? 0.3 : 0,
  };
}

export function times(random: Random, count: number, before: number): number[] {
  return Array.from({ length: count }, () => random.int(before));
}
