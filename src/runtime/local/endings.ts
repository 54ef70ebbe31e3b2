import { isFinished } from '../../core/run.ts';
import type { RunEnd } from '../../executor/executor.ts';

/** Tells those who wait in this process what has happened to runs. */
export interface Endings {
  onEnd(runId: string, listener: (end: RunEnd) => void): () => void;
  onChange(listener: () => void): () => void;
  onForeignChange(listener: () => void): () => void;
  end(end: RunEnd): void;
  change(): void;
  /** Another process has changed something, or this one has given up: waits must read the store. */
  foreignChange(): void;
}

export function createEndings(): Endings {
  const byRun = new Map<string, Set<(end: RunEnd) => void>>();
  const onChange = new Set<() => void>();
  const onForeignChange = new Set<() => void>();
  let changed = false;

  function change(): void {
    if (changed || onChange.size === 0) return;
    changed = true;
    setImmediate(() => {
      changed = false;
      for (const listener of onChange) listener();
    });
  }

  return {
    onEnd(runId, listener) {
      const listeners = byRun.get(runId) ?? new Set();
      byRun.set(runId, listeners.add(listener));
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) byRun.delete(runId);
      };
    },
    onChange(listener) {
      onChange.add(listener);
      return () => onChange.delete(listener);
    },
    onForeignChange(listener) {
      onForeignChange.add(listener);
      return () => onForeignChange.delete(listener);
    },
    end(end) {
      const listeners = byRun.get(end.runId);
      // One that is parked may go on.
      if (isFinished(end.status)) byRun.delete(end.runId);
      for (const listener of listeners ?? []) listener(end);
      change();
    },
    change,
    foreignChange() {
      for (const listener of [...onForeignChange]) listener();
      change();
    },
  };
}
