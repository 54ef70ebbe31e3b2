import { afterQuiet } from '../engine/quiesce.ts';
import type { Observer } from '../observability/observer.ts';
import type { Write, WriteResult } from '../storage/commit.ts';
import type { Store } from '../storage/store.ts';

/** Collects writes of all runs of a process, so that they share flushes (ADR 0003). */
export interface CommitQueue {
  enqueue(write: Write, listener: CommitListener): void;
  /** The same as a promise. @throws what the store throws */
  submit(write: Write): Promise<WriteResult>;
  /** True if nothing waits to be written and nothing is being written. */
  isIdle(): boolean;
}

export interface CommitListener {
  /** The write is on disk, or refused. */
  onCommitted(result: WriteResult): void;
  /** The store has failed; nothing was written. */
  onCommitError(error: unknown): void;
}

/** @param observer told how long each flush took */
export function createCommitQueue(store: Store, observer?: Observer): CommitQueue {
  let writes: Write[] = [];
  let listeners: CommitListener[] = [];
  let writing = false;

  /** One transaction at a time; what becomes ready meanwhile goes into the next. */
  function flush(): void {
    const [batch, waiting] = [writes, listeners];
    [writes, listeners] = [[], []];
    const begunAt = observer === undefined ? 0 : performance.now();
    store.commit(batch).then(
      (results) => {
        observer?.commitFlushed(batch.length, performance.now() - begunAt);
        setImmediate(goOn);
        for (const [index, listener] of waiting.entries()) {
          listener.onCommitted(results[index] as WriteResult);
        }
      },
      (error) => {
        setImmediate(goOn);
        for (const listener of waiting) listener.onCommitError(error);
      },
    );
  }

  // Not at once: every run that is about to be answered may have its next write ready by then.
  function goOn(): void {
    if (writes.length > 0) flush();
    else writing = false;
  }

  function enqueue(write: Write, listener: CommitListener): void {
    writes.push(write);
    listeners.push(listener);
    if (writing) return;
    writing = true;
    afterQuiet(flush);
  }

  return {
    enqueue,
    submit: (write) =>
      new Promise((resolve, reject) =>
        enqueue(write, { onCommitted: resolve, onCommitError: reject }),
      ),
    isIdle: () => !writing,
  };
}
