import type { EncodedError } from '../core/error-codec.ts';
import type { NewEvent } from '../core/event.ts';
import type { HookRecord } from '../core/hook.ts';
import type { Json } from '../core/json.ts';
import type { RunProgress, RunRecord, RunStatus } from '../core/run.ts';
import type { NewScheduleEvent, ScheduleRecord } from '../core/schedule.ts';
import type { InboxMessage, Lease, Timer } from './store.ts';

export type Write = CreateRun | AdvanceRun | Deliver | SaveSchedule;

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
  /**
   * What it must pass before it may begin; only for `ready`. A run that has to wait is nobody's to
   * claim until it is admitted, in the commit in which a run before it ends, or is sent a `cancel`
   * or `terminate`; once claimed for that it waits no more and never takes a place.
   */
  readonly gates?: readonly Gate[] | undefined;
  /**
   * A failed or cancelled run with the same workflow and key, which loses its key to this one; if it
   * is no such run (any more), the key is as taken as any other.
   */
  readonly takesKeyFrom?: string | undefined;
  /**
   * Of a run inside another write: written in its place if a gate refuses it; without effect if its
   * target cannot take it.
   */
  readonly ifRefused?: Deliver | undefined;
  /**
   * Runs that begin with this one: children, or its successor if it has continued as new at once.
   * One whose id exists already is left as it is. `claimed` is the same as `ready` for them.
   */
  readonly creates?: readonly CreateRun[] | undefined;
  /** Messages that go out with it, after `creates`; one that its target refuses is dropped. */
  readonly deliveries?: readonly Deliver[] | undefined;
}

/**
 * A counted place. A run holds its place from its admission to its end; a successor, created
 * (`continuedFromRunId`) by the write that ends its predecessor, takes over the places of that one
 * and asks for no others.
 */
export interface Gate {
  /** Shared by all who compete: `workflow:order`, `schedule:sched_1`. */
  readonly name: string;
  /** How many may hold it at a time; what the latest run has said holds for all who wait. */
  readonly limit: number;
  /**
   * If it is full: `wait` in the order of creation, `wait_one` unless somebody waits already,
   * `refuse`, `replace` (all who hold it or wait are sent a `cancel`, then wait), or `join` (enter
   * nevertheless, and be counted).
   */
  readonly whenFull: 'wait' | 'wait_one' | 'refuse' | 'replace' | 'join';
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
  /** Refuses the whole write if the run has had one of this id. */
  readonly hooks?: readonly HookRecord[] | undefined;
  /** Refuses the whole write if one of them is not pending any more. */
  readonly expireHooks?: readonly string[] | undefined;
  /** Inbox entries up to this id have been moved into the history. */
  readonly inboxThrough?: number | undefined;
  /**
   * Give the lease back: `suspend` unless the inbox has entries beyond `inboxThrough`, messages of
   * this very write included; the status `suspended` is then recorded as `running`. `park` whatever
   * the inbox holds: a parked run whose inbox holds a `cancel`, `terminate` or `resume` is claimable
   * again at once.
   */
  readonly release?: 'suspend' | 'park' | undefined;
  /** As in `CreateRun`: children, or the successor. */
  readonly creates?: readonly CreateRun[] | undefined;
  /** As in `CreateRun`: the end of a child for its parent, a cancellation for a child. */
  readonly deliveries?: readonly Deliver[] | undefined;
}

/** What `advance` may change about a run's record. A finished status also drops timers and hooks. */
export interface RunChange {
  readonly status?: RunStatus;
  readonly updatedAt: number;
  readonly startedAt?: number;
  readonly completedAt?: number;
  /** For whoever looks at the write: a store reads the result from `workflow.completed`. */
  readonly result?: Json;
  readonly error?: EncodedError | null;
  readonly recoveryAttempts?: number;
  readonly continuedToRunId?: string;
  readonly progress?: RunProgress;
}

/** Puts a message into a run's inbox and makes the run claimable. */
export interface Deliver {
  readonly op: 'deliver';
  readonly runId: string;
  readonly message: InboxMessage;
  /** Milliseconds since the epoch; a hook that has expired by then takes nothing. */
  readonly now: number;
  /** If the run has continued as new, the message goes to the last run of its chain. */
  readonly followChain?: boolean | undefined;
}

/**
 * A schedule's next state, what it writes into its log, and the runs of its occurrences: all of it
 * or nothing. Statistics are the store's own: it counts the occurrences of this write, and the ends
 * of runs with a `scheduleId`.
 */
export interface SaveSchedule {
  readonly op: 'schedule';
  /** `version` and `statistics` of it are not written. */
  readonly schedule: ScheduleRecord;
  /** The version the writer has seen; 0 to create it, which a deleted one does not hinder. */
  readonly expectedVersion: number;
  readonly events: readonly NewScheduleEvent[];
  /** In order; each is followed in the log by `started`, or by `refused` if a gate refuses it. */
  readonly occurrences: readonly Occurrence[];
  /** Occurrences of which `events` says that they start no run. */
  readonly skipped: number;
}

export interface Occurrence {
  readonly create: CreateRun;
  readonly started: NewScheduleEvent;
  readonly refused: NewScheduleEvent;
}

export type WriteResult =
  /**
   * `lease` for a run created as `claimed`; `released` says whether a release was granted;
   * `waiting` that the created run waits at a gate; `runIds` which occurrences have got a run, new
   * or there already; `wakes` that runs besides the one written may want attention by it now, as
   * they were created with it, sent a message by it or admitted at a gate.
   */
  | {
      readonly outcome: 'committed';
      readonly lease?: Lease;
      readonly released?: boolean;
      readonly waiting?: boolean;
      readonly runIds?: readonly string[];
      readonly wakes?: true;
    }
  /** Somebody else owns the run now. */
  | { readonly outcome: 'lease_lost' }
  /**
   * Not what the writer believed: another sequence or version, a hook no longer pending, one (or a
   * gate) that is there twice, or a run that would continue as new although a `cancel` or
   * `terminate` beyond `inboxThrough` has come for it.
   */
  | { readonly outcome: 'conflict' }
  /** `create`: the id or the idempotency key is taken by this run. */
  | { readonly outcome: 'exists'; readonly runId: string }
  /** `create`: this gate is full and does not let anybody wait; `runId` holds it, or waits at it. */
  | { readonly outcome: 'gate_full'; readonly gate: string; readonly runId: string }
  /** `deliver`: no such run or hook. */
  | { readonly outcome: 'not_found' }
  /** `deliver`: the run is finished, or the hook has been received, disposed of or has expired. */
  | { readonly outcome: 'refused'; readonly status: string };
