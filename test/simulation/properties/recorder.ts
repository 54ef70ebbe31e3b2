import type { CreateRun, Write, WriteResult } from '../../../src/storage/commit.ts';
import type { Arrivals, Claim, Lease } from '../../../src/storage/store.ts';
import type { Host } from '../world/host.ts';
import type { World } from '../world/world.ts';
import { append, newRunLog, type RunLog } from './run-log.ts';

/** Sees every change of the store as it happens, and what may never be. */
export interface Recorder {
  readonly runs: ReadonlyMap<string, RunLog>;
  /** Names of gates that runs have entered whether there was room or not. */
  readonly joined: ReadonlySet<string>;
  /** @param inboxes of runs that were to be released by the last write, as they were right after it */
  committed(
    host: Host,
    writes: readonly Write[],
    results: readonly WriteResult[],
    inboxes: readonly (Arrivals | null)[],
  ): void;
  claimed(host: Host, claims: readonly Claim[]): void;
  removed(workerId: string): void;
  expired(workerId: string): void;
  renewed(workerId: string): void;
  stepBegins(host: Host, runId: string, stepId: string): void;
}

export function createRecorder(world: World): Recorder {
  const runs = new Map<string, RunLog>();
  const joined = new Set<string>();
  const expired = new Set<string>();

  function create(host: Host, write: CreateRun, lease: Lease | undefined): void {
    const { runId } = write.run;
    // Of one inside another write nobody says whether it was there before.
    if (runs.has(runId)) return;
    const log = newRunLog(write.run, (write.gates?.length ?? 0) > 0);
    runs.set(runId, log);
    for (const { name, whenFull } of write.gates ?? []) if (whenFull === 'join') joined.add(name);
    world.count('runs');
    add(host, runId, log, write);
    if (lease !== undefined) take(log, lease);
    for (const made of write.creates ?? []) create(host, made, undefined);
  }

  function add(
    host: Host,
    runId: string,
    log: RunLog,
    { events, hooks = [] }: Pick<Extract<Write, { op: 'advance' }>, 'events' | 'hooks'>,
  ) {
    world.trace(() => `  ${runId} + ${events.map(({ type }) => type).join(', ')}`);
    for (const { type, data } of events) world.note(`${runId} ${type} ${data.replace(STACK, '')}`);
    for (const wrong of append(log, events)) world.violate(`${runId}: ${wrong}`);
    for (const hook of hooks) if (hook.status === 'pending') world.outside.onHook(hook);
    const parked = events.find(isParking);
    if (parked === undefined) return;
    world.count('parked');
    world.outside.onParked(runId);
    if (!host.broken) world.violate(`${runId}: parked by good code: ${parked.data}`);
  }

  function take(log: RunLog, lease: Lease): void {
    log.epoch = lease.epoch;
    log.holder = lease.workerId;
  }

  function advance(
    host: Host,
    write: Extract<Write, { op: 'advance' }>,
    result: Extract<WriteResult, { outcome: 'committed' }>,
    inbox: Arrivals | null,
  ): void {
    const { runId, epoch } = write.lease;
    const log = runs.get(runId);
    if (log === undefined) return world.violate(`${runId} is advanced before it is there`);
    if (epoch !== log.epoch) {
      world.violate(`${runId}: written under epoch ${epoch} while it is ${log.epoch}`);
    }
    if (write.expectedSequence !== log.events.length) {
      world.violate(
        `${runId}: written at ${write.expectedSequence} instead of ${log.events.length}`,
      );
    }
    add(host, runId, log, write);
    if (result.released === true) {
      log.holder = null;
      const left = inbox?.inbox.length ?? 0;
      if (left > 0 && write.release === 'suspend') {
        world.violate(`${runId}: released while ${left} messages wait`);
      }
    }
    for (const made of write.creates ?? []) create(host, made, undefined);
  }

  return {
    runs,
    joined,
    committed(host, writes, results, inboxes) {
      world.count('commits');
      for (const [index, write] of writes.entries()) {
        const result = results[index];
        world.trace(() => `${host.name} ${write.op}: ${result?.outcome}`);
        if (result?.outcome !== 'committed') {
          world.count(`${write.op}: ${result?.outcome}`);
          continue;
        }
        if (write.op === 'create') create(host, write, result.lease);
        if (write.op === 'advance') advance(host, write, result, inboxes[index] ?? null);
        if (write.op === 'schedule') {
          for (const occurrence of write.occurrences) {
            if (result.runIds?.includes(occurrence.create.run.runId)) {
              create(host, occurrence.create, undefined);
            }
          }
        }
      }
    },
    claimed(host, claims) {
      for (const { lease, lostBy } of claims) {
        const log = runs.get(lease.runId);
        world.trace(() => `${host.name} claims ${lease.runId}, epoch ${lease.epoch}`);
        if (log === undefined) {
          world.violate(`${lease.runId} is claimed before it is there`);
          continue;
        }
        if (lease.epoch <= log.epoch) {
          world.violate(`${lease.runId}: epoch ${lease.epoch} after ${log.epoch}`);
        }
        const { holder } = log;
        if (holder !== null && !expired.has(holder) && !world.hub.isGone(holder)) {
          world.violate(`${lease.runId}: taken from ${holder}, whose lease is good`);
        }
        if (lostBy !== null) world.count('takeovers');
        take(log, lease);
      }
    },
    removed(workerId) {
      for (const log of runs.values()) if (log.holder === workerId) log.holder = null;
    },
    expired: (workerId) => void expired.add(workerId),
    renewed: (workerId) => void expired.delete(workerId),
    stepBegins(host, runId, stepId) {
      const log = runs.get(runId);
      if (!log?.endedSteps.has(stepId)) return;
      // Who has been stopped past its lease learns of it by its next commit only.
      if (log.finished || world.hub.hostOf(log.holder) !== host) return world.count('ghosts');
      world.violate(`${runId}: ${stepId} begins again although its end is on disk`);
    },
  };
}

/** Its code does not fit its history, or waits for what no event settles. */
function isParking({ type, data }: CreateRun['events'][number]): boolean {
  return type === 'workflow.interrupted' && /"reason":"(stuck|non_determinism)"/.test(data);
}

/** It names the folder that the simulation was built into. */
const STACK = /"stack":"(?:[^"\\]|\\.)*"/g;
