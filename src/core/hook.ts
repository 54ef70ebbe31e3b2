import type { Json } from './json.ts';

export const HOOK_STATUSES = ['pending', 'received', 'expired', 'disposed'] as const;
export type HookStatus = (typeof HOOK_STATUSES)[number];

/** A place where a run waits for the outside. Times are milliseconds since the epoch. */
export interface HookRecord {
  /** Unique within its run. */
  readonly hookId: string;
  readonly runId: string;
  readonly name: string;
  /** What the outside presents: `run_id:hook_id:secret`. */
  readonly token: string;
  readonly status: HookStatus;
  readonly createdAt: number;
  readonly receivedAt: number | null;
  readonly expiresAt: number | null;
  readonly payload: Json | null;
  /** JSON Schema (draft 2020-12) of the payload where its schema library can produce one. */
  readonly payloadSchema: Json | null;
}
