import type { EventOf, WorkflowEvent } from '../../core/event.ts';
import type { RunRecord, RunSummary } from '../../core/run.ts';
import { eventsFromText } from '../event-text.ts';
import type { ReadEvents } from '../store.ts';
import type { Connection } from './connection.ts';
import type { KeyDoc, RunDoc } from './docs.ts';
import { idempotencyKey, runKey } from './keys.ts';
import { firstPart, type LogPart, lastPart, readLog } from './log.ts';
import { readRoot, readRoots } from './resolve.ts';
import type { Root } from './root.ts';
import { unstow } from './stow.ts';

export interface FoundRun {
  readonly pk: string;
  readonly doc: RunDoc;
}

export async function loadDoc<D>({ shared }: Connection, root: Root): Promise<D | null> {
  return root.doc === null ? null : JSON.parse(await unstow(shared.wire, root.pk, root.doc));
}

export async function loadRun(connection: Connection, runId: string): Promise<RunDoc | null> {
  return loadDoc(connection, await readRoot(connection.shared, runKey(runId), false));
}

/** Those of them that there are, in order. */
export async function loadRuns(
  connection: Connection,
  pks: readonly string[],
): Promise<FoundRun[]> {
  const roots = await readRoots(connection.shared, pks);
  const docs = await Promise.all(roots.map((root) => loadDoc<RunDoc>(connection, root)));
  return docs.flatMap((doc, index) => (doc === null ? [] : [{ pk: pks[index] ?? '', doc }]));
}

export async function summaryOf(
  { shared: { wire } }: Connection,
  pk: string,
  { run, metadata, error }: RunDoc,
): Promise<RunSummary> {
  const texts = await Promise.all([unstow(wire, pk, metadata), unstow(wire, pk, error)]);
  return { ...run, metadata: JSON.parse(texts[0]), error: JSON.parse(texts[1]) };
}

export async function getRun(connection: Connection, runId: string): Promise<RunRecord | null> {
  const doc = await loadRun(connection, runId);
  if (doc === null) return null;
  const pk = runKey(runId);
  const [summary, input, result] = await Promise.all([
    summaryOf(connection, pk, doc),
    inputOf(connection, pk, doc),
    resultOf(connection, pk, doc),
  ]);
  return { ...summary, input, result };
}

export async function getRunByKey(
  connection: Connection,
  workflow: string,
  key: string,
): Promise<RunRecord | null> {
  const pk = idempotencyKey(workflow, key);
  for (;;) {
    const root = await readRoot(connection.shared, pk, false);
    const found = await loadDoc<KeyDoc>(connection, root);
    if (found === null) return null;
    const run = await getRun(connection, found.runId);
    // Between the two reads another run may have taken the key.
    if (run?.idempotencyKey === key) return run;
  }
}

export async function inputOf(
  { shared: { wire } }: Connection,
  pk: string,
  { history }: RunDoc,
): Promise<RunRecord['input']> {
  const part = await firstPart(wire, pk, history);
  const first = part === null ? undefined : eventsOf(part)[0];
  return first?.type === 'workflow.started' ? first.data.input : null;
}

/** Of the end, which is among the last events. */
async function resultOf(
  { shared: { wire } }: Connection,
  pk: string,
  { run, history }: RunDoc,
): Promise<RunRecord['result']> {
  if (run.status !== 'completed') return null;
  const isEnd = (event: WorkflowEvent): event is EventOf<'workflow.completed'> =>
    event.type === 'workflow.completed';
  const last = await lastPart(wire, pk, history);
  const near = last === null ? undefined : eventsOf(last).findLast(isEnd);
  if (near !== undefined) return near.data.result;
  const all = (await readLog(wire, pk, history, 0)).flatMap(eventsOf);
  return all.findLast(isEnd)?.data.result ?? null;
}

function eventsOf({ first, text }: LogPart): WorkflowEvent[] {
  return eventsFromText(`[${text}]`, first);
}

export async function readEvents(
  connection: Connection,
  runId: string,
  { after = 0, limit = Number.POSITIVE_INFINITY, types }: ReadEvents,
): Promise<WorkflowEvent[]> {
  const doc = await loadRun(connection, runId);
  if (doc === null) return [];
  const pk = runKey(runId);
  const parts = await readLog(connection.shared.wire, pk, doc.history, Math.max(0, after));
  return parts
    .flatMap(eventsOf)
    .filter(({ sequence, type }) => sequence > after && (types?.includes(type) ?? true))
    .slice(0, limit);
}
