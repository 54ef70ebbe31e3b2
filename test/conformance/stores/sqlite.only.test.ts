import { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { StoreUnavailableError } from '../../../src/core/errors.ts';
import { openDatabase } from '../../../src/storage/sqlite/open-database.ts';
import { commitBatch } from '../../../src/storage/sqlite/sqlite-commit.ts';
import { translateSqliteError } from '../../../src/storage/sqlite/sqlite-errors.ts';
import { registeredKey, registerWorker } from '../../../src/storage/sqlite/sqlite-workers.ts';
import { statements } from '../../../src/storage/sqlite/statements.ts';
import {
  advance,
  cancellation,
  claimedIds,
  claimRequest,
  commitOne,
  creation,
  ending,
  gate,
  gatedCreation,
  hookRecord,
  LEASE_MS,
  mark,
  NOW,
  newWorker,
  numbers,
  occurrenceOf,
  payloadFor,
  saveSchedule,
  scheduleNote,
  sleepTimer,
  startFree,
  startHeld,
  timerRequest,
} from '../fixtures.ts';
import { runTogether } from './run-together.ts';
import { sqliteFolder } from './sqlite-folder.ts';

describe('while another process is writing', () => {
  test('whoever waits too long learns why, and reads meanwhile', async () => {
    const { open, path, raw } = sqliteFolder();
    const store = await open();
    const runId = await startFree(store);
    const blocker = raw();
    blocker.exec('BEGIN IMMEDIATE');
    const failure = await commitOne(store, cancellation(runId)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StoreUnavailableError);
    expect(failure).toMatchObject({
      message: `The database is locked by another process: ${path}`,
      hint: expect.stringContaining('Try again'),
    });
    expect((await store.getRun(runId))?.runId).toBe(runId);
    blocker.exec('ROLLBACK');
    expect(await commitOne(store, cancellation(runId))).toEqual({ outcome: 'committed' });
  });

  test('a lock that is released in time is not noticed', async () => {
    const { open, path } = sqliteFolder();
    const store = await open(path, 5000);
    const runId = await startFree(store);
    const locked = new Int32Array(new SharedArrayBuffer(4));
    const script = `
      const { workerData } = require('node:worker_threads');
      const db = new (require('better-sqlite3'))(workerData.path);
      db.exec('BEGIN IMMEDIATE');
      Atomics.store(workerData.locked, 0, 1);
      Atomics.notify(workerData.locked, 0);
      setTimeout(() => { db.exec('ROLLBACK'); db.close(); }, 150);`;
    const thread = new Worker(script, { eval: true, workerData: { path, locked } });
    Atomics.wait(locked, 0, 0, 5000);
    expect(await commitOne(store, cancellation(runId))).toEqual({ outcome: 'committed' });
    await thread.terminate();
  });

  test('a database that is locked as a whole cannot be opened', async () => {
    const { open, raw } = sqliteFolder();
    await (await open()).close();
    const blocker = raw();
    blocker.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
    const failure = await open().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StoreUnavailableError);
    expect(failure).toMatchObject({
      message: expect.stringContaining('locked by another process'),
    });
    blocker.exec('ROLLBACK');
    expect(await (await open()).ping()).toBeUndefined();
  });
});

test('a full disk in the middle of a batch: nothing of it is written, the leases stay', async () => {
  const { path } = sqliteFolder();
  const db = await openDatabase({ path, durability: 'full' });
  onTestFinished(() => void db.close());
  const sql = statements(db);
  const workerId = 'worker_1';
  registerWorker(db, sql, {
    workerId,
    name: '',
    host: '',
    pid: 1,
    processKey: null,
    startedAt: NOW,
    expiresAt: NOW + LEASE_MS,
  });
  const commit = (batch: Parameters<typeof commitBatch>[3]) =>
    commitBatch(db, sql, (id) => registeredKey(sql, id), batch);
  const created = numbers(2).map(() => creation({}, { workerId, attention: 'claimed' }));
  const leases = commit(created).map((result) =>
    result.outcome === 'committed' ? result.lease! : null!,
  );
  const batch = [
    advance(leases[0]!, 1, { events: [mark('a'), mark('b')] }),
    advance(leases[0]!, 3, { events: [mark('c')], release: 'suspend' }),
    advance(leases[1]!, 1, { events: [mark('x'.repeat(1_000_000))] }),
  ];
  const pages = db.pragma('page_count', { simple: true }) as number;
  db.pragma(`max_page_count = ${pages + 10}`);
  let failure: unknown;
  try {
    commit(batch);
  } catch (error) {
    failure = translateSqliteError(error, path);
  }
  expect(failure).toBeInstanceOf(StoreUnavailableError);
  expect(failure).toMatchObject({ message: `The disk of the database is full: ${path}` });
  expect(db.inTransaction).toBe(false);
  expect(db.prepare('SELECT count(*) FROM history').pluck().get()).toBe(2);
  db.pragma('max_page_count = 1000000');
  expect(commit(batch)).toEqual([
    { outcome: 'committed' },
    { outcome: 'committed', released: true },
    { outcome: 'committed' },
  ]);
});

test('a worker that was stopped while others took its runs finds out at its next step', async () => {
  const { open } = sqliteFolder();
  const stopped = await open();
  const running = await open();
  const sleeper = await newWorker(stopped);
  const heir = await newWorker(running, { expiresAt: NOW + 3 * LEASE_MS });
  const held = await Promise.all(
    numbers(3).map((index) =>
      startHeld(stopped, sleeper, {}, { timers: [sleepTimer('nap', NOW + index)] }),
    ),
  );
  await startFree(stopped, {}, { workerId: sleeper, attention: 'waiting' });
  const ready = held.map(({ lease }) =>
    advance(lease, 1, { events: [mark('stale')], release: 'suspend' }),
  );
  const now = NOW + LEASE_MS + 1;
  const claims = await running.claim(claimRequest(heir, { now }));
  expect(claims).toHaveLength(3);

  expect(await stopped.commit(ready)).toEqual(numbers(3).map(() => ({ outcome: 'lease_lost' })));
  expect(await stopped.heldRunsWithArrivals(sleeper, now)).toEqual([]);
  expect(await claimedIds(stopped, sleeper, { now })).toEqual([]);
  expect(await stopped.nextTimer(timerRequest(sleeper, { after: 0 }))).toBeNull();
  const fresh = await startHeld(stopped, sleeper);
  expect(await commitOne(stopped, advance(fresh.lease, 1))).toEqual({ outcome: 'committed' });
  for (const { lease } of claims) {
    const write = advance(lease, 1, {
      events: [mark('on')],
      clearTimers: ['nap'],
      release: 'suspend',
    });
    expect(await commitOne(running, write)).toEqual({ outcome: 'committed', released: true });
  }
});

test('processes that claim at the same instant share the runs out', async () => {
  const { open, path } = sqliteFolder();
  const store = await open();
  const created = numbers(300).map(() => creation());
  await store.commit(created);
  const outputs = await runTogether('claim-greedily.ts', 3, [path]);
  const claimed = outputs.flatMap((output) => JSON.parse(output) as string[]);
  expect(claimed.toSorted()).toEqual(created.map((write) => write.run.runId).toSorted());
}, 20_000);

test('who has been dead for a day and holds nothing is forgotten', async () => {
  const { open } = sqliteFolder();
  const store = await open();
  const longAgo = { startedAt: NOW - 100_000_000, expiresAt: NOW - 90_000_000 };
  const idle = await newWorker(store, longAgo);
  const holder = await newWorker(store, longAgo);
  await startHeld(store, holder);
  const recent = await newWorker(store, { expiresAt: NOW - 1 });
  const last = await newWorker(store);
  const known = (await store.listWorkers()).map((worker) => worker.workerId);
  expect(known).toEqual([holder, recent, last]);
  await expect(claimedIds(store, idle)).rejects.toThrow(`Worker ${idle} is not registered`);
});

test('no statement of the hot paths walks a table', async () => {
  const { open, raw } = sqliteFolder();
  const seen = new Set<string>();
  const { prepare } = Database.prototype;
  vi.spyOn(Database.prototype, 'prepare').mockImplementation(function (
    this: Database.Database,
    text: string,
  ) {
    seen.add(text);
    return prepare.call(this, text);
  } as typeof prepare);
  onTestFinished(() => void vi.restoreAllMocks());

  const store = await open();
  const worker = await newWorker(store);
  const dead = await newWorker(store, { expiresAt: NOW - 1 });
  seen.clear();
  const { runId, lease } = await startHeld(
    store,
    dead,
    { idempotencyKey: 'key' },
    {
      timers: [sleepTimer('nap', NOW)],
    },
  );
  await commitOne(store, creation({ idempotencyKey: 'key' }));
  const hooks = [hookRecord(runId), hookRecord(runId, { hookId: 'expiring' })];
  await commitOne(store, advance(lease, 1, { events: [mark('a')], hooks }));
  await commitOne(store, payloadFor(runId, 1));
  for (const scope of ['own', 'all'] as const) {
    await store.claim(claimRequest(worker, { scope, workflows: ['other'], runIds: ['run_other'] }));
    await store.nextTimer(timerRequest(worker, { scope, workflows: ['other'] }));
  }
  const [claim] = await store.claim(claimRequest(worker));
  await store.readArrivals(claim!.lease, 0, NOW);
  await store.heldRunsWithArrivals(worker, NOW);
  await store.readEvents(runId, { after: 1 });
  await store.getRun(runId);
  await store.getRunByKey('order', 'key');
  await store.getHook(runId, 'approval');
  await commitOne(
    store,
    advance(claim!.lease, 2, {
      events: [mark('end')],
      clearTimers: ['nap'],
      timers: [sleepTimer('nap', NOW)],
      expireHooks: ['expiring'],
      inboxThrough: 1,
      run: { status: 'completed', updatedAt: NOW },
      release: 'suspend',
    }),
  );
  expect(seen.size).toBeGreaterThan(25);

  const gates = [gate('wait_one', 1, 'a'), gate('wait', 2, 'b')];
  for (const index of [1, 2, 3]) await commitOne(store, gatedCreation(`run_${index}`, gates));
  await commitOne(store, gatedCreation('run_4', [gate('replace', 3, 'a'), gate('join', 1, 'c')]));
  await store.readGates('run_2');
  const first = (await store.claim(claimRequest(worker, { limit: 1 })))[0]!;
  await commitOne(
    store,
    advance(first.lease, 1, { release: 'park', deliveries: [cancellation(runId)] }),
  );
  await commitOne(store, { ...cancellation('run_1'), followChain: true });
  const occurrences = [occurrenceOf('run_5', { gates: [gate('wait', 9, 'd')], takesKeyFrom: 'x' })];
  for (const expectedVersion of [0, 1]) {
    const events = numbers(1001).map(() => scheduleNote('x'));
    await commitOne(store, saveSchedule({}, { expectedVersion, events, occurrences }));
  }
  const creates = [creation({ runId: 'run_6', continuedFromRunId: 'run_1' })];
  for (const { lease: held } of await store.claim(claimRequest(worker))) {
    await commitOne(store, ending(held, 1, 'completed', { creates }));
  }
  await store.getSchedule('nightly');
  await store.dueSchedules(NOW, 1);
  await store.nextScheduleAt(NOW);
  await store.readScheduleEvents('nightly', { after: 1, limit: 1 });
  await store.reserve({ name: 'mail', limit: 1, periodMs: 10, now: NOW });
  expect(seen.size).toBeGreaterThan(60);

  vi.restoreAllMocks();
  const db = raw();
  const walks: string[] = [];
  for (const text of seen) {
    if (/^(BEGIN|COMMIT|ROLLBACK)/.test(text)) continue;
    const plan = db.prepare<unknown[]>(`EXPLAIN QUERY PLAN ${text}`).all(...unbound(text));
    for (const { detail } of plan as { detail: string }[]) {
      if (/^SCAN (?!json_each)/.test(detail)) walks.push(detail);
    }
  }
  // The index holds only what is ready: nothing is walked in vain.
  expect(walks).toEqual(['SCAN r USING INDEX runs_ready']);
});

/** As many nulls as the statement has parameters. */
function unbound(text: string): unknown[] {
  const named = [...text.matchAll(/[@?](\w+)/g)].map(([, name]) => [name, null]);
  if (named.length > 0) return [Object.fromEntries(named)];
  return [...text.matchAll(/\?/g)].map(() => null);
}
