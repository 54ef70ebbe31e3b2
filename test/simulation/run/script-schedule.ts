import {
  CATCH_UP_POLICIES,
  type CatchUpPolicy,
  OVERLAP_POLICIES,
  type OverlapPolicy,
} from '../../../src/core/schedule.ts';
import type { Grammar } from '../program/grammar.ts';
import type { Program } from '../program/program.ts';
import type { Random } from '../world/random.ts';

/** A schedule's life. Milliseconds from the start. */
export interface ScheduleScript {
  readonly scheduleId: string;
  readonly workflow: string;
  readonly program: Program;
  readonly intervalMs: number;
  readonly jitterMs: number;
  readonly overlap: OverlapPolicy;
  readonly catchUp: CatchUpPolicy;
  readonly windowMs: number | null;
  readonly at: number;
  readonly deletedAt: number;
  readonly triggers: readonly { readonly at: number; readonly overlap: OverlapPolicy }[];
  readonly backfillAt: number | null;
}

export function scriptSchedule(
  random: Random,
  grammar: Grammar,
  scheduleId: string,
  healsAt: number,
): ScheduleScript {
  const overlap = random.pick(OVERLAP_POLICIES);
  const at = random.between(0, 3000);
  return {
    scheduleId,
    workflow: random.pick(['plain', 'plain', 'limited', 'single']),
    program: grammar.small(scheduleId),
    intervalMs: random.pick([4000, 7000, 13_000]),
    jitterMs: random.pick([0, 0, 1500]),
    overlap,
    catchUp: random.pick(CATCH_UP_POLICIES),
    windowMs: random.pick([null, 80_000]),
    at,
    deletedAt: Math.max(at + 9000, healsAt - random.int(8000)) + random.int(8000),
    triggers: Array.from({ length: random.int(3) }, () => ({
      at: at + random.between(1000, 30_000),
      overlap: random.pick([overlap, overlap, 'allow_all'] as const),
    })),
    backfillAt: random.chance(0.2) ? at + random.between(5000, 20_000) : null,
  };
}
