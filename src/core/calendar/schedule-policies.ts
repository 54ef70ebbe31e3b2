import { type Duration, durationProblem, parseDuration } from '../duration.ts';
import { ValidationError, type ValidationIssue } from '../errors.ts';
import {
  CATCH_UP_POLICIES,
  type CatchUpPolicy,
  OVERLAP_POLICIES,
  type OverlapPolicy,
} from '../schedule.ts';

/** What a schedule does when occurrences meet each other, or nobody was there to fire them. */
export interface SchedulePolicies {
  /** While an earlier run of the schedule is active. Default `skip`. */
  readonly overlapPolicy?: OverlapPolicy | undefined;
  /** For occurrences missed by more than a minute. Default `one`: the latest of them. */
  readonly catchUp?: CatchUpPolicy | undefined;
  /** Occurrences missed by more than this are not made up for. Default null: no limit. */
  readonly catchUpWindow?: Duration | null | undefined;
}

export interface ResolvedPolicies {
  readonly overlapPolicy: OverlapPolicy;
  readonly catchUpPolicy: CatchUpPolicy;
  /** Milliseconds. */
  readonly catchUpWindow: number | null;
}

/** The policies with their defaults. @throws ValidationError listing everything that is wrong */
export function resolvePolicies(policies: SchedulePolicies): ResolvedPolicies {
  const { overlapPolicy = 'skip', catchUp = 'one', catchUpWindow = null } = policies;
  const issues: ValidationIssue[] = [];
  const check = (path: string, value: string, known: readonly string[]) => {
    if (known.includes(value)) return;
    issues.push({ path, message: `must be one of ${known.join(', ')}, not '${value}'` });
  };
  check('overlapPolicy', overlapPolicy, OVERLAP_POLICIES);
  check('catchUp', catchUp, CATCH_UP_POLICIES);
  const problem = catchUpWindow === null ? undefined : durationProblem(catchUpWindow);
  if (problem !== undefined) issues.push({ path: 'catchUpWindow', message: problem });
  if (issues.length > 0) throw new ValidationError('The schedule', issues);
  return {
    overlapPolicy,
    catchUpPolicy: catchUp,
    catchUpWindow: catchUpWindow === null ? null : parseDuration(catchUpWindow),
  };
}
