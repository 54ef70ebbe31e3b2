import type { EncodedError } from '../core/error-codec.ts';
import type { NewEvent } from '../core/event.ts';
import type { HookRecord } from '../core/hook.ts';
import type { Json } from '../core/json.ts';
import type { RunRecord, RunStatus } from '../core/run.ts';
import type { InboxMessage, Lease, Timer } from './store.ts';

export type Write = CreateRun | AdvanceRun | Deliver;

/** A new run with its first events. */
export interface CreateRun {
  readonly op: 'create';
  readonly run: RunRecord;
  readonly events: readonly NewEvent[];
  readonly timers: readonly Timer[];
  readonly hooks: readonly HookRecord[];
  /** The worker that starts it, or null if any worker shall take it. */
  readonly workerId: string | null;
  /**
   * `claimed` takes the lease for `workerId` in the same breath, `ready` leaves the run to be
   * claimed, `waiting` leaves it until a timer is due or something arrives.
   */
  readonly attention: 'claimed' | 'ready' | 'waiting';
}

/** Everything one decision about a run writes: all of it or nothing. */
export interface AdvanceRun {
  readonly op: 'advance';
  readonly lease: Lease;
  /** Sequence of the last event the decision has seen. */
  readonly expectedSequence: number;
  readonly events: readonly NewEvent[];
  readonly run?: RunChange | undefined;
  readonly timers?: readonly Timer[] | undefined;
  readonly clearTimers?: readonly string[] | undefined;
  readonly hooks?: readonly HookRecord[] | undefined;
  /** Refuses the whole write if one of them is not pending any more. */
  readonly expireHooks?: readonly string[] | undefined;
  /** Inbox entries up to this id have been moved into the history. */
  readonly inboxThrough?: number | undefined;
  /**
   * Give the lease back: `suspend` unless the inbox has entries beyond `inboxThrough`, `park`
   * whatever the inbox holds.
   */
  readonly release?: 'suspend' | 'park' | undefined;
}

/** What `advance` may change about a run's record. A finished status also drops timers and hooks. */
export interface RunChange {
  readonly status?: RunStatus;
  readonly updatedAt: number;
  readonly startedAt?: number;
  readonly completedAt?: number;
  readonly result?: Json;
  readonly error?: EncodedError | null;
  readonly recoveryAttempts?: number;
}

/** Puts a message into a run's inbox and makes the run claimable. */
export interface Deliver {
  readonly op: 'deliver';
  readonly runId: string;
  readonly message: InboxMessage;
  /** Milliseconds since the epoch; a hook that has expired by then takes nothing. */
  readonly now: number;
}

export type WriteResult =
  /** `lease` for a run created as `claimed`; `released` says whether a release was granted. */
  | { readonly outcome: 'committed'; readonly lease?: Lease; readonly released?: boolean }
  /** Somebody else owns the run now. */
  | { readonly outcome: 'lease_lost' }
  /** Not what the writer believed: another sequence, or a hook no longer pending. */
  | { readonly outcome: 'conflict' }
  /** `create`: the id or the idempotency key is taken by this run. */
  | { readonly outcome: 'exists'; readonly runId: string }
  /** `deliver`: no such run or hook. */
  | { readonly outcome: 'not_found' }
  /** `deliver`: the run is finished, or the hook has been received, disposed of or has expired. */
  | { readonly outcome: 'refused'; readonly status: string };
