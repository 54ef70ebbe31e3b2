/** What the shared part of the SQL stores needs from a database server and its driver. */
export type Scalar = string | number | null;
export type Parameter = Scalar | readonly Scalar[];

/**
 * `?` stands for a parameter and `@runs` for a table of ours: the driver says where it lies.
 * A list is for `Dialect.among` only.
 */
export interface Statement {
  readonly text: string;
  readonly values: readonly Parameter[];
}

// biome-ignore lint/suspicious/noExplicitAny: whoever asks knows the columns
export type Row = Readonly<Record<string, any>>;
export type Rows = readonly Row[];

/** Sends all of them in one round trip. The first that fails fails the rest. */
export type Send = (statements: readonly Statement[]) => Promise<readonly Rows[]>;

/**
 * `gone`: no connection, or it broke; `again`: the server took the transaction back so that another
 * could go on; `duplicate`: a unique index; `refused`: a guard of ours (`transactor.ts`).
 */
export type Failure = 'gone' | 'again' | 'duplicate' | 'refused' | 'other';

export interface Server {
  readonly dialect: Dialect;
  /** `postgres me@host:5432/db`: for people, without secrets. */
  readonly address: string;
  /** Lends a connection; if `work` fails, whatever it had begun is taken back. */
  lend<T>(work: (send: Send) => Promise<T>): Promise<T>;
  classify(error: unknown): Failure;
  /** Into this package's errors. */
  translate(error: unknown): unknown;
  /** Tells other processes that something has changed, if there is a way; never fails. */
  ring(): void;
  /** Calls when another process may have rung; returns how to stop. */
  listen(onRing: () => void): Listening;
  /** Of a thread that renews the worker's leases; returns how to stop it. */
  keepAlive(workerId: string, leaseMs: number): () => void;
  close(): Promise<void>;
}

export interface Listening {
  /** Whether rings are known to arrive; if not, the change counter has to be polled. */
  readonly isSure: () => boolean;
  readonly stop: () => void;
}

export type ColumnType = 'int' | 'time' | 'text';
export type Columns = Readonly<Record<string, ColumnType>>;

export interface Source {
  /** An item of FROM, called `i`. */
  readonly text: string;
  readonly values: readonly Parameter[];
}

/** Where the dialects differ. */
export interface Dialect {
  /** Given rows as a table `i` with a column `n` that counts them from 1. */
  readonly given: (columns: Columns, rows: readonly (readonly Scalar[])[]) => Source;
  /** `column` is one of a list parameter, which may be empty. */
  readonly among: (column: string) => string;
  /** Whether a text contains the parameter, letters without case. */
  readonly contains: (column: string) => string;
  /** `r` is the table's own row, `i` the given one. */
  readonly update: (table: string, sets: Sets, source: Source, on: string) => Statement;
  readonly remove: (table: string, source: Source, on: string) => Statement;
  /** The end of an INSERT that changes the row that is there already; `Sets` in terms of `i`. */
  readonly orUpdate: (keys: readonly string[], columns: readonly string[]) => string;
  /** The end of an INSERT that does nothing, but locks, if the row is there already. */
  readonly orLock: (key: string) => string;
  readonly begin: readonly Statement[];
  /** For a transaction of several round trips: a process that stops in it must not stop others. */
  readonly patience: readonly Statement[];
  /** Shared by all commits; exclusive for whoever takes leases by force. */
  readonly lockFence: (mode: 'shared' | 'exclusive') => Statement;
  /** At the end of a SELECT: lock what is found of `r`, and pass over what others have locked. */
  readonly lockSkipping: string;
  readonly lock: string;
}

/** Column and expression. */
export type Sets = readonly (readonly [string, string])[];

export function statement(text: string, ...values: Parameter[]): Statement {
  return { text, values };
}

export const COMMIT = statement('COMMIT');
export const ROLLBACK = statement('ROLLBACK');
