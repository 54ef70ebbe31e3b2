import type { HookRecord } from '../core/hook.ts';
import type { CreateRun, Write, WriteResult } from '../storage/commit.ts';
import type { Store } from '../storage/store.ts';
import type { Activity } from './activity.ts';
import { type Connection, connect } from './store-connection.ts';

/** One store and the processes of a test that share it; each of them has a connection of its own. */
export interface SharedStore {
  /** Itself, for looks that nobody shall count. */
  readonly store: Store;
  connect(activity: Activity, options?: { readonly cutAt?: Cut | undefined }): Connection;
  /** Told after each commit. */
  onCommitted(listener: (commit: Commit) => void): void;
  close(): Promise<void>;
}

/** Where the connection breaks. */
export interface Cut {
  /** 1 for the first commit over this connection. */
  readonly commit: number;
  /** `before`: nothing of that commit is written. `after`: it is, and nobody here learns of it. */
  readonly when: 'before' | 'after';
  readonly onCut: () => void;
}

export interface Commit {
  /** The runs with new events. */
  readonly runIds: readonly string[];
  /** New ones, still pending. */
  readonly hooks: readonly HookRecord[];
  /** `run_1/step_a_1` for each step whose end was recorded. */
  readonly endedSteps: readonly string[];
}

export function shareStore(store: Store): SharedStore {
  const connections = new Set<Connection>();
  const listeners: ((commit: Commit) => void)[] = [];
  const deadWorkers = new Set<string>();

  function committed(by: Connection, writes: readonly Write[], results: readonly WriteResult[]) {
    for (const other of connections) if (other !== by) other.notice();
    const written = writes.filter((_, index) => results[index]?.outcome === 'committed');
    const commit = {
      runIds: runsIn(written),
      hooks: hooksIn(written),
      endedSteps: endedIn(written),
    };
    for (const listener of listeners) listener(commit);
  }

  return {
    store,
    connect(activity, { cutAt } = {}) {
      const connection: Connection = connect(store, {
        activity,
        cutAt,
        deadWorkers,
        onCommitted: (writes, results) => committed(connection, writes, results),
        onCut: () => connections.delete(connection),
      });
      connections.add(connection);
      return connection;
    },
    onCommitted: (listener) => void listeners.push(listener),
    close: () => store.close(),
  };
}

function runsIn(writes: readonly Write[]): string[] {
  const runIds = new Set<string>();
  for (const write of writes) {
    if (write.op === 'advance' && write.events.length > 0) runIds.add(write.lease.runId);
    if (write.op === 'create') runIds.add(write.run.runId);
  }
  return [...runIds];
}

function hooksIn(writes: readonly Write[]): HookRecord[] {
  const of = ({ hooks, creates = [] }: CreateRun): readonly HookRecord[] => [
    ...hooks,
    ...creates.flatMap(of),
  ];
  const hooks = writes.flatMap((write) => {
    if (write.op === 'create') return of(write);
    if (write.op === 'advance')
      return [...(write.hooks ?? []), ...(write.creates ?? []).flatMap(of)];
    return [];
  });
  return hooks.filter(({ status }) => status === 'pending');
}

function endedIn(writes: readonly Write[]): string[] {
  return writes.flatMap((write) => {
    if (write.op !== 'advance') return [];
    const ends = write.events.filter(
      ({ type }) => type === 'step.completed' || type === 'step.failed',
    );
    const data = ends.map((event) => JSON.parse(event.data));
    const last = data.filter(({ is_retryable }) => is_retryable !== true);
    return last.map(({ step_id }) => `${write.lease.runId}/${step_id}`);
  });
}
