import type { EncodedError } from '../core/error-codec.ts';
import type { EventType, WorkflowEvent } from '../core/event.ts';
import type { HookRecord, HookStatus } from '../core/hook.ts';
import type { Json } from '../core/json.ts';
import type { RunRecord, RunStatus, RunSummary } from '../core/run.ts';
import type { ScheduleEvent, ScheduleRecord, ScheduleStatus } from '../core/schedule.ts';
import type { Write, WriteResult } from './commit.ts';

/**
 * What every store does. `commit` is the only way to change a run; reads are many and narrow.
 *
 * Invariant: of all processes that use one store, only the holder of a run's lease appends to its
 * history. Whatever comes from outside goes through the inbox (`deliver`).
 */
export interface Store {
  /** Shown to people, without secrets: `sqlite ./pyworkflow_data/pyworkflow.db`. */
  readonly description: string;

  /**
   * Writes the batch in as few flushes as the store can; returns when it is on disk. Each write is
   * all or nothing by itself; a refused one does not affect its neighbours.
   * @throws StoreUnavailableError when nothing of the batch was written.
   */
  commit(batch: readonly Write[]): Promise<readonly WriteResult[]>;

  /**
   * Takes leases on runs that need attention: new ones, ones with a full inbox or a due timer, and
   * ones whose owner is dead. Every claim raises the run's epoch, which fences the former owner.
   */
  claim(request: ClaimRequest): Promise<readonly Claim[]>;

  /** What waits for a run that is held: inbox entries above `after`, and timers due at `now`. */
  readArrivals(lease: Lease, after: number, now: number): Promise<Arrivals>;
  /** Of the runs that this worker holds, those with a due timer or anything in the inbox. */
  heldRunsWithArrivals(workerId: string, now: number): Promise<readonly string[]>;
  /** When the earliest timer after `after` is due that is this worker's business; null for none. */
  nextTimer(request: NextTimerRequest): Promise<number | null>;
  /** Calls `onChange` within 50 ms after another process changed the store. Returns how to stop it. */
  watch(onChange: () => void): () => void;

  registerWorker(worker: WorkerRecord): Promise<void>;
  /**
   * Renews the worker's leases from outside of this event loop, which a computing step may block.
   * @param leaseMs how long a silent worker counts as alive, milliseconds. Returns how to stop it.
   */
  keepAlive(workerId: string, leaseMs: number): () => void;
  /** Releases what the worker still holds, for any other to claim. */
  removeWorker(workerId: string): Promise<void>;
  listWorkers(): Promise<readonly WorkerRecord[]>;

  getRun(runId: string): Promise<RunRecord | null>;
  getRunByKey(workflowName: string, idempotencyKey: string): Promise<RunRecord | null>;
  /** Ids that begin with `prefix`, at most `limit`; the newest run's for 'latest'. */
  findRunIds(prefix: string, limit: number): Promise<readonly string[]>;
  listRuns(filter: RunFilter): Promise<Page<RunSummary>>;
  readEvents(runId: string, options?: ReadEvents): Promise<readonly WorkflowEvent[]>;
  getHook(runId: string, hookId: string): Promise<HookRecord | null>;
  listHooks(filter: HookFilter): Promise<Page<HookRecord>>;
  /** The gates of an unfinished run by name, and who is in its way. */
  readGates(runId: string): Promise<readonly GateState[]>;

  getSchedule(scheduleId: string): Promise<ScheduleRecord | null>;
  /** Newest first, deleted ones included. */
  listSchedules(filter: ScheduleFilter): Promise<Page<ScheduleRecord>>;
  /** Active ones with `nextRunAt` at or before `now`, earliest first. */
  dueSchedules(now: number, limit: number): Promise<readonly ScheduleRecord[]>;
  /** The earliest `nextRunAt` of an active schedule after `after`, or null. */
  nextScheduleAt(after: number): Promise<number | null>;
  /** In order of sequence; of each schedule at least the latest 1,000 are kept. */
  readScheduleEvents(
    scheduleId: string,
    options?: { readonly after?: number; readonly limit?: number },
  ): Promise<readonly ScheduleEvent[]>;

  /**
   * Books a place under a rate limit shared by all who use the store, first come, first served.
   * Returns when it is, milliseconds since the epoch: `now` if the limit leaves room.
   */
  reserve(request: ReserveRequest): Promise<number>;

  /** @throws StoreUnavailableError, StoreError if the store cannot be read. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Proof of ownership, made by `claim` or by creating a claimed run. Only its store looks inside. */
export interface Lease {
  readonly runId: string;
  readonly workerId: string;
  /** The fencing number: raised at every claim. */
  readonly epoch: number;
}

export interface ClaimRequest {
  readonly workerId: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly limit: number;
  /** Only runs of these workflows; null for all. */
  readonly workflows: readonly string[] | null;
  /** `own`: only runs that this worker started or claimed before. */
  readonly scope: 'all' | 'own';
  /** Runs to claim although they are not this worker's own. */
  readonly runIds: readonly string[];
  /** Workers known to be dead although their heartbeat has not expired yet. */
  readonly deadWorkers: readonly string[];
}

export interface NextTimerRequest
  extends Pick<ClaimRequest, 'workerId' | 'workflows' | 'scope' | 'runIds'> {
  /** Milliseconds since the epoch. */
  readonly after: number;
}

export interface Claim {
  readonly lease: Lease;
  readonly run: RunSummary;
  /** Of the last recorded event; 0 for none. */
  readonly sequence: number;
  readonly arrivals: Arrivals;
  /** The worker that died holding this run, or null for an ordinary claim. */
  readonly lostBy: string | null;
}

export interface Arrivals {
  /** In order of arrival. They stay until a commit consumes them. */
  readonly inbox: readonly InboxEntry[];
  /** Due, earliest first. They stay until a commit clears them. */
  readonly dueTimers: readonly Timer[];
}

export type TimerKind = 'sleep' | 'retry' | 'hook' | 'deadline';

export interface Timer {
  /** The operation it belongs to; unique within its run. */
  readonly id: string;
  readonly kind: TimerKind;
  /** Milliseconds since the epoch. */
  readonly dueAt: number;
}

/** Something from outside that the run's owner has yet to move into the history. */
export type InboxMessage =
  | { readonly type: 'hook.received'; readonly hookId: string; readonly payload: Json }
  | { readonly type: 'cancel'; readonly reason: string | null; readonly requestedBy: string }
  /** End at once, without cleaning up. */
  | { readonly type: 'terminate'; readonly reason: string | null; readonly requestedBy: string }
  | ({
      readonly type: 'child.ended';
      readonly childId: string;
      readonly childRunId: string;
    } & ChildEnd)
  | { readonly type: 'resume'; readonly requestedBy: string };

export type ChildEnd =
  | { readonly status: 'completed'; readonly result: Json }
  | { readonly status: 'failed'; readonly error: EncodedError }
  | { readonly status: 'cancelled'; readonly reason: string | null };

/** Ids grow in the order of arrival. */
export type InboxEntry = InboxMessage & { readonly id: number; readonly receivedAt: number };

export interface WorkerRecord {
  readonly workerId: string;
  readonly name: string;
  readonly host: string;
  readonly pid: number;
  /** Identifies the process beyond its pid (boot, pid namespace, start time), or null where unknown. */
  readonly processKey: string | null;
  readonly startedAt: number;
  /** After this instant the worker counts as dead. */
  readonly expiresAt: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Pass it as `cursor` for the next page; null at the end. */
  readonly nextCursor: string | null;
}

export interface RunFilter {
  /** Substring of run id, workflow name or input; letters compare without case. */
  readonly query?: string | undefined;
  readonly statuses?: readonly RunStatus[] | undefined;
  readonly workflowName?: string | undefined;
  readonly tag?: string | undefined;
  readonly parentRunId?: string | undefined;
  readonly scheduleId?: string | undefined;
  /** Created at or after, milliseconds since the epoch. */
  readonly since?: number | undefined;
  /** Created before. */
  readonly until?: number | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface ReadEvents {
  /** Only events with a higher sequence. */
  readonly after?: number;
  readonly limit?: number;
  readonly types?: readonly EventType[];
}

export interface HookFilter {
  readonly runId?: string | undefined;
  readonly status?: HookStatus | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface GateState {
  readonly name: string;
  readonly limit: number;
  /** Whether this run holds it or waits. */
  readonly held: boolean;
  /** Of all runs. */
  readonly holders: number;
  readonly waiting: number;
  /** Ids of holders, oldest first, five at most. */
  readonly heldBy: readonly string[];
}

export interface ScheduleFilter {
  readonly workflowName?: string | undefined;
  readonly status?: ScheduleStatus | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface ReserveRequest {
  readonly name: string;
  /**
   * At most so many within any `periodMs`: as many at once where nothing was booked before, then
   * evenly spread.
   */
  readonly limit: number;
  readonly periodMs: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}
