import { NonDeterminismError, StuckWorkflowError } from '../core/errors.ts';
import type { WorkflowEvent } from '../core/event.ts';
import type { Json } from '../core/json.ts';
import { checkHistory, type HistoryVerdict } from '../engine/check-history.ts';
import { noteForeignCall } from '../engine/foreign-calls.ts';
import { installDeterministicGlobals } from '../workflow/deterministic-globals.ts';
import { resolveDefinition } from '../workflow/resolve-definition.ts';
import type { WorkflowDefinition } from '../workflow/workflow-definition.ts';

export interface ReplayOptions {
  /**
   * Of the run the history is from: code that draws random numbers draws the same ones only with it.
   * Default: one that no run has.
   */
  readonly runId?: string;
}

/**
 * Runs a workflow's code against a recorded history: steps, sleeps and all else give what was
 * recorded, and nothing is executed. The history may be of a run that goes on.
 * @param workflow what `workflow()` gave, a class, or a name
 * @param events in order of sequence, as `client.runs.events` gives them
 * @throws NonDeterminismError with both sides if the code asks for something else, or ends otherwise;
 *   StuckWorkflowError if it waits for what is no primitive; HistoryCorruptedError, UnknownWorkflowError
 */
export async function replayHistory(
  workflow: unknown,
  events: readonly WorkflowEvent[],
  { runId = 'run_0000000000000000' }: ReplayOptions = {},
): Promise<void> {
  installDeterministicGlobals(noteForeignCall);
  await checkReplay(resolveDefinition(workflow), events, runId);
}

/** @throws NonDeterminismError, StuckWorkflowError, HistoryCorruptedError */
export async function checkReplay(
  definition: WorkflowDefinition,
  events: readonly WorkflowEvent[],
  runId: string,
): Promise<void> {
  const data = events.find((event) => event.type === 'workflow.started')?.data;
  const verdict = await checkHistory(definition, events, {
    runId,
    metadata: (data?.metadata ?? {}) as { readonly [key: string]: Json },
    parentRunId: data?.parent_run_id ?? null,
    scheduledAt: data?.scheduled_time === undefined ? null : Date.parse(data.scheduled_time),
  });
  throwVerdict(runId, verdict);
}

function throwVerdict(runId: string, verdict: HistoryVerdict): void {
  switch (verdict.kind) {
    case 'ok':
      return;
    case 'divergence':
      throw new NonDeterminismError(runId, verdict.divergence);
    case 'stuck':
      throw new StuckWorkflowError(runId, verdict.awaiting);
    case 'other_result':
      throw new NonDeterminismError(runId, {
        sequence: verdict.sequence,
        recorded: `the result ${JSON.stringify(verdict.recorded)}`,
        requested: `the result ${JSON.stringify(verdict.replayed)}`,
        source: null,
      });
  }
}
