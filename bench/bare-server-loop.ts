import mysql from 'mysql2/promise';
import pg from 'pg';
import type { ServerName } from './lib/servers.ts';

type Row = readonly (string | number)[];

/** One transaction: new runs, history rows, ends of runs. */
type Transaction = (runs: Row[], history: Row[], ends: Row[]) => Promise<void>;

const TABLES = [
  `CREATE TABLE runs(id BIGINT PRIMARY KEY, workflow VARCHAR(100) NOT NULL,
    status VARCHAR(20) NOT NULL, input TEXT NOT NULL, result TEXT)`,
  `CREATE TABLE history(run BIGINT NOT NULL, seq BIGINT NOT NULL, events TEXT NOT NULL,
    PRIMARY KEY (run, seq))`,
];

/**
 * What `BareLoop` is for SQLite: the least that the durability contract allows on a server. One
 * connection, one transaction at a time, bulk statements, what becomes ready meanwhile in the next.
 */
export class BareServerLoop {
  readonly #transact: Transaction;
  readonly close: () => Promise<void>;
  #runs: Row[] = [];
  #history: Row[] = [];
  #ends: Row[] = [];
  #waiting: (() => void)[] = [];
  #writing = false;
  #nextRun = 1;

  private constructor(transact: Transaction, close: () => Promise<void>) {
    this.#transact = transact;
    this.close = close;
  }

  static async open(name: ServerName, url: string): Promise<BareServerLoop> {
    const [transact, close] = await (name === 'postgres' ? postgres(url) : mariadb(url));
    return new BareServerLoop(transact, close);
  }

  /** One run of `steps` steps, one after the other. */
  async run(steps: number): Promise<void> {
    const run = this.#nextRun++;
    this.#runs.push([run, 'bench', 'running', `${steps}`]);
    await this.#written();
    for (let index = 1; index <= steps; index++) {
      this.#history.push([run, index, historyText(index, index < steps)]);
      if (index === steps) this.#ends.push([run, `${steps}`]);
      await this.#written();
    }
  }

  #written(): Promise<void> {
    if (!this.#writing) {
      this.#writing = true;
      setImmediate(this.#flush);
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  readonly #flush = async (): Promise<void> => {
    const [runs, history, ends, waiting] = [this.#runs, this.#history, this.#ends, this.#waiting];
    [this.#runs, this.#history, this.#ends, this.#waiting] = [[], [], [], []];
    await this.#transact(runs, history, ends);
    for (const resolve of waiting) resolve();
    setImmediate(() => {
      if (this.#waiting.length > 0) void this.#flush();
      else this.#writing = false;
    });
  };
}

async function postgres(url: string): Promise<[Transaction, () => Promise<void>]> {
  const client = new pg.Client({ connectionString: url, pipeline: true } as pg.ClientConfig);
  await client.connect();
  for (const text of TABLES) await client.query(text);
  const columns = (rows: readonly Row[]) =>
    (rows[0] ?? []).map((_, i) => rows.map((row) => row[i]));
  const bulk = (name: string, text: string, rows: readonly Row[]) =>
    rows.length === 0 ? [] : [client.query({ name, text, values: columns(rows) })];
  const transact: Transaction = async (runs, history, ends) => {
    await Promise.all([
      client.query('BEGIN'),
      ...bulk(
        'runs',
        'INSERT INTO runs SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[])',
        runs,
      ),
      ...bulk(
        'history',
        'INSERT INTO history SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[])',
        history,
      ),
      ...bulk(
        'ends',
        `UPDATE runs r SET status = 'completed', result = i.result
         FROM unnest($1::bigint[], $2::text[]) i(id, result) WHERE r.id = i.id`,
        ends,
      ),
      client.query('COMMIT'),
    ]);
  };
  return [transact, () => client.end()];
}

async function mariadb(url: string): Promise<[Transaction, () => Promise<void>]> {
  const connection = await mysql.createConnection({ uri: url, multipleStatements: true });
  for (const text of TABLES) await connection.query(text);
  const transact: Transaction = async (runs, history, ends) => {
    const texts = ['START TRANSACTION'];
    const add = (text: string, rows: unknown) => texts.push(mysql.format(text, [rows as never]));
    if (runs.length > 0) add('INSERT INTO runs (id, workflow, status, input) VALUES ?', runs);
    if (history.length > 0) add('INSERT INTO history VALUES ?', history);
    // All ends of this benchmark are the same.
    const [end] = ends;
    if (end !== undefined) {
      const set = mysql.format(`UPDATE runs SET status = 'completed', result = ?`, [end[1]]);
      add(
        `${set} WHERE id IN (?)`,
        ends.map(([id]) => id),
      );
    }
    await connection.query([...texts, 'COMMIT'].join(';'));
  };
  return [transact, () => connection.end()];
}

/** As in `bare-loop.ts`: the end of a step and the start of the next one. */
function historyText(index: number, another: boolean): string {
  const now = Date.now();
  const name = { step_id: `noop#${index}`, step_name: 'noop' };
  const done = ['step.completed', now, { ...name, result: index, attempt: 1 }];
  if (!another) return JSON.stringify([done]);
  const next = { step_id: `noop#${index + 1}`, step_name: 'noop', args: [index + 1], attempt: 1 };
  return JSON.stringify([done, ['step.started', now, next]]);
}
