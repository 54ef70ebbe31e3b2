import { resolvePolicies } from '../core/calendar/schedule-policies.ts';
import { ValidationError } from '../core/errors.ts';
import type { OverlapPolicy } from '../core/schedule.ts';
import type { BackfillOptions, BackfillRange } from '../scheduler/backfill.ts';
import type { BackfillScheduleOptions } from './schedules-client.ts';

const DEFAULT_BACKFILL = 1000;
const LARGEST_BACKFILL = 10_000;
const LONGEST_PREVIEW = 1000;

/** @throws ValidationError */
export function checkBackfill(
  options: BackfillScheduleOptions,
): BackfillOptions & { readonly range: BackfillRange } {
  const { overlap = 'allow_all', limit = DEFAULT_BACKFILL, dryRun = false } = options;
  const [start, end] = [instantOf('start', options.start), instantOf('end', options.end)];
  if (start >= end) fail('backfill()', 'end', 'is not after start');
  checkWhole('backfill()', 'limit', limit, LARGEST_BACKFILL);
  return { range: { start, end }, overlap: checkOverlap(overlap), limit, dryRun };
}

/** @throws ValidationError */
export function checkOverlap(overlap: OverlapPolicy): OverlapPolicy {
  return resolvePolicies({ overlapPolicy: overlap }).overlapPolicy;
}

/** @throws ValidationError */
export function checkCount(count: number): void {
  checkWhole('preview()', 'count', count, LONGEST_PREVIEW);
}

/** @throws ValidationError */
export function checkTags(tags: readonly string[]): readonly string[] {
  const at = tags.findIndex((tag: unknown) => typeof tag !== 'string');
  return at === -1 ? tags : fail('The schedule', `tags[${at}]`, 'is not text');
}

function instantOf(path: string, date: unknown): number {
  const time = date instanceof Date ? date.getTime() : Number.NaN;
  return Number.isNaN(time) ? fail('backfill()', path, 'is no valid Date') : time;
}

function checkWhole(what: string, path: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  fail(what, path, `must be a whole number from 1 to ${most}, not ${value}`);
}

function fail(what: string, path: string, message: string): never {
  throw new ValidationError(what, [{ path, message }]);
}
