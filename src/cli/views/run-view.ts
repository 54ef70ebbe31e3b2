import { formatDuration } from '../../core/duration.ts';
import type { EncodedError } from '../../core/error-codec.ts';
import type { Json } from '../../core/json.ts';
import { isFinished, type RunRecord, type RunSummary } from '../../core/run.ts';
import type { Finding } from '../explain/finding.ts';
import type { Column, Document, Listing } from '../output/output.ts';
import { showStatus } from '../output/status.ts';
import { clean } from '../output/text.ts';
import { isoOrNull, relative } from '../output/time.ts';
import { progressCell, progressJson, progressText } from './progress-view.ts';

const id: Column<RunSummary> = { header: 'RUN ID', isId: true, value: (run) => run.runId };
const workflow: Column<RunSummary> = {
  header: 'WORKFLOW',
  value: (run) => clean(run.workflowName),
};
const status: Column<RunSummary> = {
  header: 'STATUS',
  value: (run, { style }) => showStatus(run.status, style),
  plain: (run) => run.status,
};
const started: Column<RunSummary> = {
  header: 'STARTED',
  value: (run, { now }) => relative(run.startedAt ?? run.createdAt, now),
  plain: (run) => isoOrNull(run.startedAt ?? run.createdAt) ?? '',
};
const duration: Column<RunSummary> = {
  header: 'DURATION',
  value: (run, { now }) => tookText(run, now),
  plain: (run) => seconds(tookMs(run)) ?? '',
};

export const runListing: Listing<RunSummary> = {
  columns: [id, workflow, status, started, duration],
  json: summaryJson,
  empty: 'No runs. Start one with: pyworkflow workflows run',
};

const progress: Column<RunSummary> = {
  header: 'PROGRESS',
  value: (run) => (run.progress === null ? '' : progressCell(run.progress)),
};

/** With one column more for people, if one of the runs has told how far it is. */
export function withProgress(
  listing: Listing<RunSummary>,
  runs: readonly RunSummary[],
): Listing<RunSummary> {
  if (runs.every((run) => run.progress === null)) return listing;
  return { ...listing, columns: [...listing.columns, progress] };
}

const moment = (header: string, of: (run: RunRecord) => number | null): Column<RunRecord> => ({
  header,
  value: (run, { style, now }) => {
    const at = of(run);
    return at === null ? '' : `${isoOrNull(at)}  ${style.dim(relative(at, now))}`;
  },
});

/** A record with what is known about its surroundings. */
export interface RunDetail extends RunRecord {
  readonly children?: number;
  /** Ids of its chain, oldest first, itself included. */
  readonly chain?: readonly string[];
  /** Why it has not ended. */
  readonly waiting?: readonly Finding[];
}

export const runDocument: Document<RunDetail> = {
  fields: [
    { header: 'Run', value: (run) => run.runId },
    { header: 'Workflow', value: (run) => clean(run.workflowName) },
    { header: 'Status', value: (run, { style }) => showStatus(run.status, style) },
    moment('Created', (run) => run.createdAt),
    moment('Started', (run) => run.startedAt),
    moment('Ended', (run) => run.completedAt),
    { header: 'Duration', value: duration.value },
    { header: 'Key', value: (run) => clean(run.idempotencyKey ?? '') },
    { header: 'Tags', value: (run) => run.tags.map(clean).join(', ') },
    { header: 'Parent', value: (run) => run.parentRunId ?? '' },
    { header: 'Children', value: ({ children }) => (children ? String(children) : '') },
    { header: 'Chain', value: (run) => chainText(run) },
    { header: 'Schedule', value: (run) => clean(run.scheduleId ?? '') },
    moment('Scheduled', (run) => run.scheduledAt),
    { header: 'Forked from', value: (run) => run.forkedFromRunId ?? '' },
    { header: 'Code', value: (run) => clean(run.codeVersion ?? '') },
    { header: 'Progress', value: (run) => (run.progress ? progressText(run.progress) : '') },
    { header: 'Waiting', value: ({ waiting = [] }) => waiting.map((w) => w.message).join('\n') },
    { header: 'Recoveries', value: recoveries },
    { header: 'Input', value: (run) => pretty(run.input) },
    { header: 'Result', value: (run) => (run.status === 'completed' ? pretty(run.result) : '') },
    {
      header: 'Error',
      value: (run, { style }) => (run.error ? style.red(errorLine(run.error)) : ''),
    },
    {
      header: 'Metadata',
      value: (run) => (Object.keys(run.metadata).length ? pretty(run.metadata) : ''),
    },
  ],
  plain: [id, workflow, status, started, duration],
  json: (run) => ({
    ...runJson(run),
    children_count: run.children ?? 0,
    chain: run.chain ?? [run.runId],
    waiting_on: (run.waiting ?? []).map(({ kind, message }) => ({ kind, message })),
  }),
};

function chainText({ runId, chain = [] }: RunDetail): string {
  if (chain.length < 2) return '';
  return `#${chain.indexOf(runId) + 1} of ${chain.length}, newest ${chain.at(-1)}`;
}

/** Never the whole history's worth of stack: one line for people. */
export function errorLine(error: EncodedError): string {
  return clean(`${error.name}: ${error.message}`);
}

/** What the error's author advised, if it came from this package. */
export function errorHint(error: EncodedError | null): string | undefined {
  const hint = error?.fields?.hint;
  return typeof hint === 'string' ? hint : undefined;
}

export function errorJson(error: EncodedError | null) {
  if (error === null) return null;
  const { name, message, code, stack, cause, ...more } = error;
  return { name, message, code: code ?? null, stack: stack ?? null, cause: cause ?? null, ...more };
}

export function runJson(run: RunRecord) {
  return { ...summaryJson(run), input: shown(run.input), result: shown(run.result) };
}

export function summaryJson(run: RunSummary) {
  return {
    run_id: run.runId,
    workflow_name: run.workflowName,
    status: run.status,
    created_at: isoOrNull(run.createdAt),
    started_at: isoOrNull(run.startedAt),
    completed_at: isoOrNull(run.completedAt),
    duration: seconds(tookMs(run)),
    duration_ms: tookMs(run),
    updated_at: isoOrNull(run.updatedAt),
    error: errorJson(run.error),
    idempotency_key: run.idempotencyKey,
    max_duration_ms: run.maxDuration,
    tags: run.tags,
    metadata: run.metadata,
    recovery_attempts: run.recoveryAttempts,
    max_recovery_attempts: run.maxRecoveryAttempts,
    parent_run_id: run.parentRunId,
    nesting_depth: run.nestingDepth,
    continued_from_run_id: run.continuedFromRunId,
    continued_to_run_id: run.continuedToRunId,
    forked_from_run_id: run.forkedFromRunId,
    schedule_id: run.scheduleId,
    scheduled_time: isoOrNull(run.scheduledAt),
    code_version: run.codeVersion,
    progress: progressJson(run.progress),
  };
}

/** How long it has taken, or takes so far. */
export function tookText(run: RunSummary, now: number): string {
  const end = run.completedAt ?? (isFinished(run.status) ? run.updatedAt : now);
  return formatDuration(end - (run.startedAt ?? run.createdAt));
}

export function pretty(value: Json | null, indent = 2): string {
  const json = shown(value);
  return json === null ? '' : JSON.stringify(json, null, indent);
}

/** As stored, except that a function that returned nothing shows as null. */
export function shown(value: Json | null): Json | null {
  const isUndefined =
    typeof value === 'object' && value !== null && '$' in value && value.$ === 'undefined';
  return isUndefined ? null : value;
}

/** Until the run has ended there is none. */
function tookMs({ startedAt, createdAt, completedAt }: RunSummary): number | null {
  return completedAt === null ? null : completedAt - (startedAt ?? createdAt);
}

/** In seconds, as `1.25s`. */
function seconds(milliseconds: number | null): string | null {
  return milliseconds === null ? null : `${milliseconds / 1000}s`;
}

function recoveries(run: RunRecord): string {
  return run.recoveryAttempts === 0 ? '' : `${run.recoveryAttempts} of ${run.maxRecoveryAttempts}`;
}
