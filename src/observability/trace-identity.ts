import { createHash } from 'node:crypto';

/** Where all spans of a run hang: the same in every process, for it is made of the run's id alone. */
export interface TraceIdentity {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits: the parent of the run's outermost spans. No span itself. */
  readonly spanId: string;
}

export function traceIdentity(runId: string): TraceIdentity {
  const hash = createHash('sha256').update(runId).digest('hex');
  return { traceId: hash.slice(0, 32), spanId: hash.slice(32, 48) };
}
