import type { WarmSession } from '../../executor/open-run.ts';

/** Sessions of suspended runs, the most recently suspended ones, for a resume without replay. */
export interface SessionCache {
  put(runId: string, warm: WarmSession): void;
  /** Hands the session out: it has one user at a time. */
  take(runId: string): WarmSession | undefined;
  clear(): void;
}

export function createSessionCache(capacity: number): SessionCache {
  const sessions = new Map<string, WarmSession>();
  return {
    put(runId, warm) {
      sessions.delete(runId);
      sessions.set(runId, warm);
      if (sessions.size <= capacity) return;
      const [oldest] = sessions.keys();
      if (oldest !== undefined) sessions.delete(oldest);
    },
    take(runId) {
      const warm = sessions.get(runId);
      sessions.delete(runId);
      return warm;
    },
    clear: () => sessions.clear(),
  };
}
