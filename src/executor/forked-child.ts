import { encodeError } from '../core/error-codec.ts';
import { WorkflowAlreadyRunningError } from '../core/errors.ts';
import type { RunRecord } from '../core/run.ts';
import type { CreateRun } from '../storage/commit.ts';
import type { WorkflowGate } from '../workflow/workflow-gates.ts';
import { createReadyRun } from './new-run.ts';

/** A child that was still running where its parent's history was cut, from its beginning. */
export function createForkedChild(
  child: RunRecord,
  parentRunId: string,
  childId: string,
  gates: readonly WorkflowGate[],
): CreateRun {
  const record = { ...child, parentRunId, childId, nestingDepth: 1, scheduledAt: null };
  const create = createReadyRun(record, null, gates);
  if (gates.length === 0) return create;
  const gate = gates[0]?.name ?? child.workflowName;
  const error = encodeError(new WorkflowAlreadyRunningError(null, { gate }));
  const { runId: childRunId, createdAt: now } = record;
  const message = { type: 'child.ended', childId, childRunId, status: 'failed', error } as const;
  return { ...create, ifRefused: { op: 'deliver', runId: parentRunId, message, now } };
}
