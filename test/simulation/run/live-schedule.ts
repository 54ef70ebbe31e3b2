import { START, type World } from '../world/world.ts';
import { ask } from './live.ts';
import type { Operations } from './operations.ts';
import type { ScheduleScript } from './script-schedule.ts';

/** Creates a schedule, triggers it now and then, and deletes it in the end. */
export function liveSchedule(
  world: World,
  operations: Operations,
  script: ScheduleScript,
  onDeleted: () => void,
): void {
  const { scheduleId, workflow, intervalMs, jitterMs, windowMs } = script;
  const later = (at: number, fn: () => void) =>
    world.clock.after(Math.max(0, START + at - world.clock.now()), fn);

  const create = operations.ask(`create schedule ${scheduleId}`, async (client) => {
    const spec = {
      interval: `${intervalMs}ms` as const,
      ...(jitterMs > 0 && { jitter: `${jitterMs}ms` as const }),
    };
    await client.schedules
      .create(workflow, spec, {
        scheduleId,
        input: script.program,
        overlapPolicy: script.overlap,
        catchUp: script.catchUp,
        catchUpWindow: windowMs === null ? null : `${windowMs}ms`,
      })
      .catch(unlessExists);
  });
  create.then(
    () => {
      for (const { at, overlap } of script.triggers) {
        later(at, () =>
          ask(world, operations, `trigger ${scheduleId}`, (client) =>
            client.schedules.trigger(scheduleId, { overlap }),
          ),
        );
      }
      if (script.backfillAt !== null) later(script.backfillAt, backfill);
      later(script.deletedAt, remove);
    },
    (error) => world.violate(`create schedule ${scheduleId}: ${error}`),
  );

  function backfill(): void {
    const range = { start: new Date(START), end: new Date(world.clock.now()) };
    ask(world, operations, `backfill ${scheduleId}`, (client) =>
      client.schedules.backfill(scheduleId, range),
    );
  }

  function remove(): void {
    operations
      .ask(`delete schedule ${scheduleId}`, (client) => client.schedules.delete(scheduleId))
      .catch((error: { code?: string }) => {
        if (error.code !== 'SCHEDULE_NOT_FOUND') world.violate(`delete ${scheduleId}: ${error}`);
      })
      .then(onDeleted);
  }
}

/** It was asked before, and died over the answer. */
function unlessExists(error: { code?: string }): void {
  if (error.code !== 'SCHEDULE_EXISTS') throw error;
}
