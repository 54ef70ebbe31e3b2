import { join } from 'node:path';
import Database from 'better-sqlite3';
import { PRAGMAS } from './lib/pragmas.ts';

// A rowid table with a unique index was quicker here than WITHOUT ROWID, and the contract
// needs only that (run, seq) finds a row and cannot occur twice.
const SCHEMA = `
  CREATE TABLE runs(id INTEGER PRIMARY KEY, workflow TEXT NOT NULL, status TEXT NOT NULL,
    input TEXT NOT NULL, result TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL);
  CREATE TABLE history(run INTEGER NOT NULL, seq INTEGER NOT NULL, events TEXT NOT NULL);
  CREATE UNIQUE INDEX history_run_seq ON history(run, seq);`;

type Write = () => void;

/**
 * The least that the durability contract allows: one thread, one history row per finished step,
 * the run row at start and end, every result on disk before the next step of that run starts,
 * whatever becomes ready meanwhile in the next transaction. No names, retries, leases or replay.
 */
export class BareLoop {
  readonly #db: Database.Database;
  readonly #insertRun: Database.Statement;
  readonly #insertHistory: Database.Statement;
  readonly #endRun: Database.Statement;
  readonly #begin: Database.Statement;
  readonly #commit: Database.Statement;
  #writes: Write[] = [];
  #waiting: (() => void)[] = [];
  #nextRun = 1;

  constructor(folder: string) {
    this.#db = new Database(join(folder, 'bare.db'));
    for (const pragma of PRAGMAS) this.#db.pragma(pragma);
    this.#db.exec(SCHEMA);
    this.#insertRun = this.#db.prepare('INSERT INTO runs VALUES (?, ?, ?, ?, NULL, ?, ?)');
    this.#insertHistory = this.#db.prepare('INSERT INTO history VALUES (?, ?, ?)');
    this.#endRun = this.#db.prepare('UPDATE runs SET status=?, result=?, updated_at=? WHERE id=?');
    this.#begin = this.#db.prepare('BEGIN IMMEDIATE');
    this.#commit = this.#db.prepare('COMMIT');
  }

  /** One run of `steps` steps, one after the other. */
  async run(steps: number, step: (index: number) => Promise<unknown>): Promise<void> {
    const run = await this.#start(steps);
    for (let index = 1; index <= steps; index++) {
      const result = await step(index);
      const row = historyRow(index, result, index < steps);
      // Nothing runs between the last step and the end of the run, so one transaction holds both.
      if (index < steps) await this.#write(() => this.#insertHistory.run(run, index, row));
      else await this.#write(() => this.#finish(run, index, row));
    }
  }

  /** One run of `steps` steps at once: each result is a row, and all share the next transaction. */
  async runParallel(steps: number, step: (index: number) => Promise<unknown>): Promise<void> {
    const run = await this.#start(steps);
    const one = async (index: number) => {
      const row = historyRow(index, await step(index), false);
      await this.#write(() => this.#insertHistory.run(run, index, row));
    };
    await Promise.all(Array.from({ length: steps }, (_, index) => one(index + 1)));
    const now = Date.now();
    await this.#write(() => this.#endRun.run('completed', String(steps), now, run));
  }

  async #start(input: number): Promise<number> {
    const run = this.#nextRun++;
    const now = Date.now();
    await this.#write(() => this.#insertRun.run(run, 'bench', 'running', String(input), now, now));
    return run;
  }

  #finish(run: number, seq: number, row: string): void {
    this.#insertHistory.run(run, seq, row);
    this.#endRun.run('completed', String(seq), Date.now(), run);
  }

  close(): void {
    this.#db.close();
  }

  // A transaction begins when the microtasks of all runs released by the one before are done:
  // setImmediate sees every run that became ready, where a microtask would split uneven runs.
  #write(write: Write): Promise<void> {
    if (this.#writes.push(write) === 1) setImmediate(this.#flush);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  readonly #flush = (): void => {
    const [writes, waiting] = [this.#writes, this.#waiting];
    [this.#writes, this.#waiting] = [[], []];
    this.#begin.run();
    for (const write of writes) write();
    this.#commit.run();
    for (const resolve of waiting) resolve();
  };
}

// What the engine has to remember of a step, in the same fields and form (about 190 bytes): its
// end, and the start of the next one.
function historyRow(index: number, result: unknown, another: boolean): string {
  const now = Date.now();
  const done = { step_id: `noop#${index}`, step_name: 'noop', result, attempt: 1 };
  if (!another) return JSON.stringify([['step.completed', now, done]]);
  const next = { step_id: `noop#${index + 1}`, step_name: 'noop', args: [index + 1], attempt: 1 };
  return JSON.stringify([
    ['step.completed', now, done],
    ['step.started', now, next],
  ]);
}
