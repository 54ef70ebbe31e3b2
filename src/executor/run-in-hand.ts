import type { RunSummary } from '../core/run.ts';
import type { OpenWaits } from '../engine/open-waits.ts';
import { Session } from '../engine/session.ts';
import type { WorkflowDefinition } from '../workflow/workflow-definition.ts';
import type { Executor } from './executor.ts';

/** A run that this process makes decisions about. */
export interface RunInHand {
  readonly executor: Executor;
  readonly summary: RunSummary;
  readonly session: Session;
  /** The worker that holds it, or null before anybody does. */
  readonly workerId: string | null;
  /** What it waits for by its history, where its session does not know; else null. */
  readonly open: OpenWaits | null;
}

/** A session for the run, still without history. */
export function createSession(
  executor: Executor,
  summary: RunSummary,
  definition: WorkflowDefinition,
  onViolation: (runId: string) => void,
): Session {
  const { runId, workflowName, metadata, nestingDepth, parentRunId, scheduledAt } = summary;
  return new Session({
    runId,
    workflowName,
    metadata,
    nestingDepth,
    parentRunId,
    scheduledAt,
    maxNestingDepth: executor.settings.maxNestingDepth,
    fn: executor.standIns?.workflow(definition).fn ?? definition.fn,
    input: definition.input,
    onViolation: () => onViolation(runId),
  });
}
