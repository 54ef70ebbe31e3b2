import { isFinished } from '../../core/run.ts';
import { repeatsItself } from '../admission.ts';
import type { CreateRun, WriteResult } from '../commit.ts';
import { toKeyText } from '../key-text.ts';
import { textOrNull } from '../sql/rows.ts';
import { deliverAll } from './sqlite-deliver.ts';
import { askGates, inheritPlaces, standAtGates } from './sqlite-gates.ts';
import type { SqliteLease } from './sqlite-lease.ts';
import { countEnd } from './sqlite-statistics.ts';
import { COMMITTED, CONFLICT, type Transaction } from './sqlite-transaction.ts';
import { appendEvents, insertHooks, insertTimers } from './sqlite-waits.ts';

/** A run that ends by the write that creates another one. */
export interface Predecessor {
  readonly key: number;
  readonly runId: string;
}

export function create(tx: Transaction, write: CreateRun): WriteResult {
  return repeatsItself(write) ? CONFLICT : insert(tx, write, null);
}

/** The runs that begin with another write. */
export function createAll(
  tx: Transaction,
  writes: readonly CreateRun[] | undefined,
  predecessor: Predecessor | null,
): void {
  for (const write of writes ?? []) createInside(tx, write, predecessor);
}

export function createInside(
  tx: Transaction,
  write: CreateRun,
  predecessor: Predecessor | null,
): WriteResult {
  // Nobody would be told of a lease.
  const attention = write.attention === 'claimed' ? 'ready' : write.attention;
  const result = insert(tx, { ...write, attention }, predecessor);
  if (result.outcome === 'committed') tx.wakes = true;
  if (result.outcome === 'gate_full' && write.ifRefused) deliverAll(tx, [write.ifRefused]);
  return result;
}

function insert(tx: Transaction, write: CreateRun, predecessor: Predecessor | null): WriteResult {
  const { run } = write;
  const finished = isFinished(run.status);
  const succeeds = predecessor !== null && run.continuedFromRunId === predecessor.runId;
  const gates = finished || succeeds ? [] : (write.gates ?? []);
  let waits = false;
  if (gates.length > 0 || write.takesKeyFrom !== undefined) {
    const runId = runInTheWay(tx, write);
    if (runId !== null) return { outcome: 'exists', runId };
    const answer = askGates(tx, run, gates);
    if (answer.outcome === 'gate_full') return answer;
    waits = answer.waits;
    dropKey(tx, write);
  }
  const key = insertRow(tx, write, waits);
  if (key === null) return { outcome: 'exists', runId: runInTheWay(tx, write) ?? run.runId };

  appendEvents(tx, key, 1, write.events);
  insertTimers(tx, key, write.timers);
  insertHooks(tx, key, write.hooks);
  if (succeeds) inheritPlaces(tx, key, predecessor.key);
  if (gates.length > 0) standAtGates(tx, key, gates, waits);
  createAll(tx, write.creates, null);
  deliverAll(tx, write.deliveries);
  if (finished && run.scheduleId !== null) countEnd(tx, run.scheduleId, run.status);
  if (waits) return { outcome: 'committed', waiting: true };
  return write.attention === 'claimed' && write.workerId !== null
    ? { outcome: 'committed', lease: leaseOf(tx, key, write, write.workerId) }
    : COMMITTED;
}

/** Null if the id or the idempotency key is taken. */
function insertRow(tx: Transaction, write: CreateRun, waits: boolean): number | null {
  const { run, attention } = write;
  const home = write.workerId === null ? null : tx.workerKey(write.workerId);
  const claimed = attention === 'claimed' && !waits;
  const inserted = tx
    .sql(
      `INSERT INTO runs (run_id, workflow, status, created_at, updated_at, started_at, completed_at,
         error, idempotency_key, max_duration, metadata, tags, recovery_attempts,
         max_recovery_attempts, recover, parent_run_id, child_id, nesting_depth, continued_from,
         continued_to, forked_from, schedule_id, scheduled_at, code_version, progress,
         epoch, owner, home, ready, gated)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
    )
    .run(
      run.runId,
      run.workflowName,
      run.status,
      run.createdAt,
      run.updatedAt,
      run.startedAt,
      run.completedAt,
      run.error === null ? null : JSON.stringify(run.error),
      run.idempotencyKey === null ? null : toKeyText(run.idempotencyKey),
      run.maxDuration,
      textOrNull(run.metadata, '{}'),
      textOrNull(run.tags, '[]'),
      run.recoveryAttempts,
      run.maxRecoveryAttempts,
      run.recoverOnWorkerLoss ? 1 : 0,
      run.parentRunId,
      run.childId,
      run.nestingDepth,
      run.continuedFromRunId,
      run.continuedToRunId,
      run.forkedFromRunId,
      run.scheduleId,
      run.scheduledAt,
      run.codeVersion,
      run.progress === null ? null : JSON.stringify(run.progress),
      claimed ? 1 : 0,
      claimed ? home : null,
      home,
      attention === 'ready' && !waits ? 1 : 0,
      waits ? 1 : 0,
    );
  return inserted.changes === 0 ? null : Number(inserted.lastInsertRowid);
}

function leaseOf(
  tx: Transaction,
  key: number,
  { run, events, gates = [] }: CreateRun,
  workerId: string,
): SqliteLease {
  return {
    runId: run.runId,
    workerId,
    epoch: 1,
    key,
    counted: run.scheduleId !== null || gates.length > 0,
    sequence: events.length,
    fence: tx.fence,
    released: false,
  };
}

/** Who has the id, or else the idempotency key; null if the run can be created. */
function runInTheWay({ sql }: Transaction, { run, takesKeyFrom }: CreateRun): string | null {
  const byId = sql<{ run_id: string }>('SELECT run_id FROM runs WHERE run_id = ?').get(run.runId);
  if (byId !== undefined) return byId.run_id;
  if (run.idempotencyKey === null) return null;
  const byKey = sql<{ run_id: string; status: string }>(
    'SELECT run_id, status FROM runs WHERE workflow = ? AND idempotency_key = ?',
  ).get(run.workflowName, toKeyText(run.idempotencyKey));
  if (byKey === undefined) return null;
  const gives = byKey.run_id === takesKeyFrom && GIVE_THEIR_KEY.includes(byKey.status);
  return gives ? null : byKey.run_id;
}

const GIVE_THEIR_KEY = ['failed', 'cancelled'];

/** Whoever has it now is known to give it. */
function dropKey(tx: Transaction, { run, takesKeyFrom }: CreateRun): void {
  if (takesKeyFrom === undefined || run.idempotencyKey === null) return;
  tx.sql('UPDATE runs SET idempotency_key = NULL WHERE workflow = ? AND idempotency_key = ?').run(
    run.workflowName,
    toKeyText(run.idempotencyKey),
  );
}
