import { ClosedError, PyWorkflowError, StoreUnavailableError } from '../../core/errors.ts';
import { applyRecord } from './apply-record.ts';
import { type Captured, capture } from './capture.ts';
import type { FileState } from './file-state.ts';
import type { Files } from './files.ts';
import type { Layout } from './folder.ts';
import { type Journal, openJournal, Superseded } from './journal.ts';
import { loadState } from './load-state.ts';
import { createLocks } from './lock.ts';

/** The state of this process, and how it stays the same as that of all others. */
export interface FileCore {
  /** Answers from a state that has all that was acknowledged before. */
  readonly read: <T>(work: (state: FileState) => T) => Promise<T>;
  /**
   * Decides and changes while nobody else does. Those who wait at the same time share a flush.
   * @param flush return only when it is on disk
   */
  readonly write: <T>(work: (state: FileState) => T, flush: boolean) => Promise<T>;
  /** Has the journal to itself, its state being up to date. */
  readonly exclusively: <T>(work: (journal: Journal, state: FileState) => Promise<T>) => Promise<T>;
  readonly hasNews: () => boolean;
  readonly counts: () => { readonly foreign: number; readonly all: number };
  /** How much of the journal a process must read that opens the store now, and the checkpoint; bytes. */
  readonly sizes: () => { readonly backlog: number; readonly checkpoint: number };
  /** A checkpoint of that size has been made. */
  readonly onCheckpoint: (bytes: number) => void;
  readonly close: () => Promise<void>;
}

export interface CoreParts {
  readonly files: Files;
  readonly layout: Layout;
  readonly durability: 'full' | 'normal';
  readonly patienceMs: number;
  readonly silentMs?: number | undefined;
  readonly onWritten: (captured: Captured) => void;
}

interface Job {
  readonly work: (state: FileState) => unknown;
  readonly flush: boolean;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

interface Open {
  readonly state: FileState;
  readonly journal: Journal;
}

const UNINTERRUPTED_MS = 10;

export function createFileCore(parts: CoreParts): FileCore {
  const { files, layout, durability, patienceMs, onWritten } = parts;
  const locks = createLocks(files, layout, parts.silentMs);
  const counts = { foreign: 0, all: 0 };
  const sizes = { backlog: 0, checkpoint: 0 };
  let opened: Open | null = null;
  let jobs: Job[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  let closed = false;

  function load(): Open {
    const { state, segment, bytes } = loadState(files, layout);
    Object.assign(sizes, { backlog: 0, checkpoint: bytes });
    const journal = openJournal(
      {
        files,
        layout,
        locks,
        patienceMs,
        onRecord(found, number) {
          applyRecord(state, found, number);
          if (found.record.checkpoint !== undefined) sizes.backlog = 0;
          else sizes.backlog += found.end - found.start;
          if (found.record.images === undefined) return;
          counts.foreign += 1;
          counts.all += 1;
        },
      },
      segment,
    );
    return { state, journal };
  }

  /** What it knows is not to be trusted, or was overtaken. */
  function drop(): void {
    opened?.journal.close();
    opened?.state.catalogs.close();
    opened = null;
    counts.foreign += 1;
  }

  let turnedAt = 0;

  /** Whoever writes without a pause must not keep timers and the disk from their turn for long. */
  async function yieldNow(): Promise<void> {
    const now = performance.now();
    if (now - turnedAt < UNINTERRUPTED_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    turnedAt = performance.now();
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(yieldNow).then(work);
    turn = result.catch(() => {});
    return result;
  }

  /** Tries again with a new state when others have gone ahead. */
  async function current<T>(work: (open: Open) => Promise<T>): Promise<T> {
    const giveUpAt = performance.now() + patienceMs;
    for (;;) {
      if (closed) throw new ClosedError('store');
      try {
        opened ??= load();
        return await work(opened);
      } catch (error) {
        // Its changes may be half of what they should be.
        drop();
        if (!(error instanceof Superseded)) throw error;
        if (performance.now() > giveUpAt) {
          throw new StoreUnavailableError(`The store is too busy: ${layout.root}`, {
            cause: error,
          });
        }
      }
    }
  }

  async function drain(): Promise<void> {
    const taken = jobs;
    jobs = [];
    if (taken.length === 0) return;
    try {
      const ends = await current((open) => writeAll(open, taken));
      for (const end of ends) end();
    } catch (error) {
      for (const job of taken) job.reject(error);
    }
  }

  async function writeAll(
    { state, journal }: Open,
    taken: readonly Job[],
  ): Promise<(() => void)[]> {
    let ends: (() => void)[] = [];
    let captured: Captured | null = null;
    const place = await journal.add(() => {
      ends = taken.map((job) => evaluate(job, state));
      captured = capture(state);
      if (captured === null) return null;
      const flush = durability === 'full' && taken.some((job) => job.flush);
      return { ...(captured as Captured), flush };
    });
    if (place !== null && captured !== null) {
      const done: Captured = captured;
      done.settle(place);
      sizes.backlog += place.bytes;
      counts.all += 1;
      onWritten(done);
    }
    return ends;
  }

  return {
    read: (work) =>
      inTurn(() =>
        current(async ({ state, journal }) => {
          await journal.refresh();
          return () => work(state);
        }).then((answer) => answer()),
      ),
    write: (work, flush) =>
      new Promise((resolve, reject) => {
        jobs.push({ work, flush, resolve, reject });
        void inTurn(drain);
      }),
    exclusively: (work) => inTurn(() => current(({ state, journal }) => work(journal, state))),
    hasNews: () => opened?.journal.hasNews() ?? true,
    counts: () => ({ ...counts }),
    sizes: () => sizes,
    onCheckpoint: (checkpoint) => void Object.assign(sizes, { backlog: 0, checkpoint }),
    async close() {
      await inTurn(async () => {
        closed = true;
        opened?.journal.close();
        opened?.state.catalogs.close();
        opened = null;
      });
    },
  };
}

/** A refusal concerns one job only; anything else leaves the state in doubt. */
function evaluate({ work, resolve, reject }: Job, state: FileState): () => void {
  try {
    const value = work(state) as never;
    return () => resolve(value);
  } catch (error) {
    if (!PyWorkflowError.is(error)) throw error;
    return () => reject(error);
  }
}
