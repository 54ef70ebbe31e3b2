import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { StoreError } from '../../../src/core/errors.ts';
import { MIGRATIONS } from '../../../src/storage/sqlite/schema.ts';
import {
  advance,
  claimOnly,
  claimRequest,
  commitOne,
  ending,
  gate,
  gatedCreation,
  NOW,
  newWorker,
  occurrenceOf,
  saveSchedule,
} from '../fixtures.ts';
import { sqliteFolder } from './sqlite-folder.ts';

/** `pywf` */
const OURS = 0x70797766;

const header = (db: Database.Database) => ({
  id: db.pragma('application_id', { simple: true }),
  version: db.pragma('user_version', { simple: true }),
});

describe('whose database it is', () => {
  test.each([
    ['without a number of its own', 'CREATE TABLE runs (x); CREATE TABLE meta (x)'],
    ['with a version of its own', 'CREATE TABLE customers (x); PRAGMA user_version = 1'],
    ['with a number of its own', 'CREATE TABLE t (x); PRAGMA application_id = 252006674'],
    ['with its number and nothing else', 'PRAGMA application_id = 7'],
    ['with a view only', 'CREATE VIEW v AS SELECT 1'],
  ])('the database of somebody else %s is refused and left alone', async (_name, script) => {
    const { open, path } = sqliteFolder();
    const owner = new Database(path);
    owner.exec(script);
    owner.close();
    const before = readFileSync(path);
    const failure = await open().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StoreError);
    expect(failure).toMatchObject({
      message: `This is the database of another application: ${path}`,
      hint: expect.stringContaining('another file'),
    });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test('a new database bears our number, and is known by it', async () => {
    const { open, raw } = sqliteFolder();
    await (await open()).close();
    const db = raw();
    expect(header(db)).toEqual({ id: OURS, version: MIGRATIONS.length });
    db.exec('CREATE TABLE notes (x)');
    expect(await (await open()).ping()).toBeUndefined();
  });

  test('one of ours that bears no number is known by its tables', async () => {
    const { open, raw } = sqliteFolder();
    await (await open()).close();
    const db = raw();
    db.pragma('application_id = 0');
    expect(await (await open()).ping()).toBeUndefined();
  });
});

describe('a database of the first version', () => {
  /** As that version has left it: a run that waits, one that is parked, and one that has ended. */
  function olderDatabase() {
    const parts = sqliteFolder();
    const db = new Database(parts.path);
    onTestFinished(() => void db.close());
    db.pragma('journal_mode = WAL');
    db.exec(MIGRATIONS[0]!);
    db.pragma('user_version = 1');
    db.exec(`
      INSERT INTO runs (run_id, workflow, status, created_at, updated_at, idempotency_key,
        recovery_attempts, max_recovery_attempts, recover, parent_run_id, nesting_depth, epoch, ready)
      VALUES ('run_new', 'order', 'running', ${NOW}, ${NOW}, 'key', 0, 3, 1, NULL, 0, 0, 1),
        ('run_parked', 'order', 'interrupted', ${NOW}, ${NOW}, NULL, 0, 3, 1, NULL, 0, 1, 0),
        ('run_asleep', 'order', 'interrupted', ${NOW}, ${NOW}, NULL, 0, 3, 1, NULL, 0, 1, 0),
        ('run_done', 'order', 'completed', ${NOW}, ${NOW}, NULL, 0, 3, 1, 'run_new', 1, 1, 0);
      INSERT INTO history (run, sequence, count, events)
      SELECT key, 1, 1, '[["workflow.started",${NOW},{"workflow_name":"order","input":[7],"metadata":{}}]]'
      FROM runs;
      INSERT INTO inbox (run, received_at, message)
      VALUES (2, ${NOW}, '{"type":"cancel","reason":"lost","requestedBy":"test"}'),
        (3, ${NOW}, '{"type":"hook.received","hookId":"approval","payload":1}');
    `);
    return { ...parts, db };
  }

  test('is brought to today’s, with everything in it', async () => {
    const { open, db } = olderDatabase();
    const store = await open();
    expect(header(db)).toEqual({ id: OURS, version: MIGRATIONS.length });
    expect(await store.getRun('run_new')).toMatchObject({
      input: [7],
      idempotencyKey: 'key',
      childId: null,
      forkedFromRunId: null,
      scheduleId: null,
      scheduledAt: null,
      codeVersion: null,
      progress: null,
    });
    const { items } = await store.listRuns({ limit: 9, parentRunId: 'run_new' });
    expect(items.map((run) => run.runId)).toEqual(['run_done']);
  });

  test('goes on where it was, and a cancellation that it had lost is found', async () => {
    const { open } = olderDatabase();
    const store = await open();
    const claims = await store.claim(claimRequest(await newWorker(store)));
    expect(claims.map(({ run, arrivals }) => [run.runId, arrivals.inbox.length])).toEqual([
      ['run_new', 0],
      ['run_parked', 1],
    ]);
    const { lease } = claims[0]!;
    expect(await commitOne(store, ending(lease))).toEqual({ outcome: 'committed', released: true });
  });

  test('can do all that a new one can', async () => {
    const { open } = olderDatabase();
    const store = await open();
    const worker = await newWorker(store);
    await store.claim(claimRequest(worker));
    const occurrences = [occurrenceOf('run_1', { gates: [gate()] })];
    await commitOne(store, saveSchedule({}, { occurrences }));
    expect(await commitOne(store, gatedCreation('run_2'))).toMatchObject({ waiting: true });
    const { lease } = await claimOnly(store, worker);
    await commitOne(store, advance(lease, 1, { run: { updatedAt: NOW, continuedToRunId: 'x' } }));
    await commitOne(store, ending(lease));
    expect((await claimOnly(store, worker)).run.runId).toBe('run_2');
    expect((await store.getSchedule('nightly'))?.statistics).toMatchObject({ successful: 1 });
    const request = { name: 'mail', limit: 1, periodMs: 10, now: NOW };
    expect([await store.reserve(request), await store.reserve(request)]).toEqual([NOW, NOW + 10]);
  });
});
