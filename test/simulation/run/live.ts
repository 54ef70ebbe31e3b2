import { PyWorkflowError } from '../../../src/core/errors.ts';
import type { HookRecord } from '../../../src/core/hook.ts';
import { drive } from '../world/drive.ts';
import { type Fleet, startFleet } from '../world/processes.ts';
import { START, type World } from '../world/world.ts';
import { liveSchedule } from './live-schedule.ts';
import { createOperations, type Operations } from './operations.ts';
import { LAST_START_MS, type Root, type Script } from './script.ts';

/** What came of the script, besides what the store holds. */
export interface Life {
  /** By label; null for one that was refused. */
  readonly started: ReadonlyMap<string, ReadonlySet<string>>;
  /** Payloads that were accepted, by run and hook. */
  readonly accepted: ReadonlyMap<string, readonly unknown[]>;
  /** Everything has come to its end. */
  readonly over: boolean;
}

/** How long the world may take to come to rest once nothing disturbs it any more, milliseconds. */
const PATIENCE_MS = 1_800_000;

/** Lets the script happen. */
export async function live(world: World, script: Script): Promise<Life> {
  const { random } = world;
  const fleet = startFleet(world, script);
  const operations = createOperations(world, fleet);
  const started = new Map<string, Set<string>>();
  const accepted = new Map<string, unknown[]>();
  const at = (ms: number, fn: () => void) => world.clock.after(ms, fn);
  let schedules = script.schedules.length;
  let healed = false;

  world.faults = script.faults;
  world.outside.onHook = (hook) => answer(world, operations, hook, accepted);
  world.outside.onParked = (runId) =>
    at(random.between(100, 5000), () =>
      ask(world, operations, `resume ${runId}`, (client) => client.runs.resume(runId)),
    );
  for (const root of script.roots) {
    at(root.at, () => start(world, operations, root, started));
    if (root.twice)
      at(Math.min(root.at + random.int(3000), LAST_START_MS), () =>
        start(world, operations, root, started),
      );
  }
  for (const schedule of script.schedules) {
    at(schedule.at, () => liveSchedule(world, operations, schedule, () => schedules--));
  }
  for (const ms of script.deployments) at(ms, () => fleet.redeploy(random.next()));
  for (const jump of script.jumps) {
    at(jump.at, () => {
      world.count('jumps');
      world.trace(() => `*** the clock jumps by ${jump.byMs} ms`);
      world.clock.moveTo(world.clock.now() + jump.byMs);
    });
  }
  at(script.healsAt, () => {
    heal(world, fleet);
    healed = true;
  });

  const runsEnded = () => [...world.recorder.runs.values()].every(({ finished }) => finished);
  const isOver = () => healed && schedules === 0 && operations.open === 0 && runsEnded();
  const over = await drive(world, isOver, START + script.healsAt + PATIENCE_MS);
  // Whatever is still on its way must not change what is finished.
  if (over) await drive(world, () => false, world.clock.now() + 3000);
  return { started, accepted, over };
}

function heal(world: World, fleet: Fleet): void {
  world.trace(() => '--- nothing disturbs from now on');
  world.faults = { ...world.faults, budget: 0, slow: 0 };
  fleet.heal();
}

function start(
  world: World,
  operations: Operations,
  { program, workflow, detach, cancelAt }: Root,
  started: Map<string, Set<string>>,
): void {
  const { label } = program;
  ask(world, operations, `start ${label} (${workflow})`, async (client) => {
    const options = { idempotencyKey: label, detach };
    const { runId } = await client.start(workflow, program, options);
    started.set(label, (started.get(label) ?? new Set()).add(runId));
    if (cancelAt === null) return;
    const ms = Math.max(0, START + cancelAt - world.clock.now());
    world.clock.after(ms, () =>
      ask(world, operations, `cancel ${label}`, (other) => other.runs.cancel(runId)),
    );
  });
}

/** Somebody knows the answer, and sometimes somebody else does, too. */
function answer(
  world: World,
  operations: Operations,
  { runId, hookId, name, token }: HookRecord,
  accepted: Map<string, unknown[]>,
): void {
  if (!name.startsWith('ask/')) return;
  const times = world.random.chance(0.3) ? 2 : 1;
  // Whoever looks every two seconds answers all at once.
  const round = 2000 - (world.clock.now() % 2000);
  for (let by = 1; by <= times; by++) {
    const payload = { key: name.slice('ask/'.length), by };
    world.clock.after(world.random.pick([0, 5, round, round, world.random.int(6000)]), () =>
      ask(world, operations, `answer ${name} of ${runId}`, async (client) => {
        await client.hooks.resume(token, payload);
        const id = `${runId} ${hookId}`;
        accepted.set(id, [...(accepted.get(id) ?? []), payload]);
      }),
    );
  }
}

/** What may be answered to people without anything being wrong. */
const LEGAL = [
  'HOOK_ALREADY_RECEIVED',
  'HOOK_EXPIRED',
  'ALREADY_RUNNING',
  'SCHEDULE_NOT_FOUND',
  'SCHEDULE_EXISTS',
] as const;

export function ask(
  world: World,
  operations: Operations,
  what: string,
  work: Parameters<Operations['ask']>[1],
): void {
  operations.ask(what, work).catch((error: unknown) => {
    if (LEGAL.some((code) => PyWorkflowError.is(error, code))) return;
    world.violate(`asked to ${what}: ${error instanceof Error ? error.stack : String(error)}`);
  });
}
