import { CancellationError, ClosedError } from '../core/errors.ts';
import type { EventData } from '../core/event.ts';
import { isFinished, type RunStatus, type RunSummary } from '../core/run.ts';
import type { OpenWaits } from '../engine/open-waits.ts';
import type { PendingStep } from '../engine/pending.ts';
import { whenQuiet } from '../engine/quiesce.ts';
import type { Session } from '../engine/session.ts';
import type { WriteResult } from '../storage/commit.ts';
import type { Arrivals, Lease } from '../storage/store.ts';
import type { ActiveRunListener } from './active-run-listener.ts';
import { type Arrival, recordArrival, recordWithoutCode } from './arrival.ts';
import { createArrivalQueue } from './arrival-queue.ts';
import { Attempt, type AttemptEnd } from './attempt.ts';
import { cancelChildren, handOn, recordCalledOff, warnUnlessEnded } from './cancel.ts';
import { createDraft, type Draft, restartStep, writeOf } from './draft.ts';
import type { Executor } from './executor.ts';
import { recordOutcome } from './finish.ts';
import { checkLimits } from './limits.ts';
import { delayLimitedSteps, startsLimitedStep } from './rate-limit.ts';
import { recordCommands } from './record-commands.ts';
import type { RunInHand } from './run-in-hand.ts';
import { createStepReports, type Reported, type StepReports } from './step-reports.ts';

/**
 * A run while this process holds its lease: takes what arrives, lets the code react, and writes
 * each decision in one commit. Attempts start only when what they depend on is on disk.
 *
 * Invariant: at most one decision is being made at a time; what arrives meanwhile goes into the
 * next. It moves by callbacks on its own fields (`decide` → `take` → `settle` → `onCommitted`), for
 * this is the way of every step, and promises would be half of its cost.
 */
export class ActiveRun implements RunInHand {
  readonly executor: Executor;
  readonly session: Session;
  readonly summary: RunSummary;
  readonly lease: Lease;
  readonly open: OpenWaits | null;
  /** Of the last event on disk. */
  sequence: number;
  readonly #listener: ActiveRunListener;
  #status: RunStatus;
  #recoveryAttempts: number;
  readonly #arrivals = createArrivalQueue();
  readonly #reports: StepReports;
  /** The decision being made, and what it still has to take. */
  #draft: Draft | null = null;
  #taking: readonly Arrival[] = [];
  #taken = 0;
  #afterQuiet: (() => void) | null = null;
  #runningSteps = 0;
  #callOffReport = () => {};
  #over = false;
  #draining = false;
  #drained: Promise<void> | undefined;
  #onDrained: (() => void) | undefined;

  constructor(
    executor: Executor,
    listener: ActiveRunListener,
    held: {
      lease: Lease;
      summary: RunSummary;
      session: Session;
      sequence: number;
      open: OpenWaits | null;
    },
  ) {
    this.executor = executor;
    this.#listener = listener;
    this.session = held.session;
    this.summary = held.summary;
    this.lease = held.lease;
    this.sequence = held.sequence;
    this.open = held.open;
    this.#status = held.summary.status;
    this.#recoveryAttempts = held.summary.recoveryAttempts;
    this.#reports = createStepReports(executor.clock, () => this.#decide());
  }

  get runId(): string {
    return this.summary.runId;
  }

  get workerId(): string {
    return this.lease.workerId;
  }

  get status(): RunStatus {
    return this.#status;
  }

  /** Goes on from what was recorded: writes `draft`, then starts what it says. */
  begin(draft: Draft, arrivals: Arrivals): void {
    this.#arrivals.add(arrivals);
    this.#decide(draft);
  }

  /** A run that has just been created under this lease: its first steps may start. */
  started(stepIds: readonly string[]): void {
    for (const id of stepIds) this.#startStep(id);
  }

  /** Looks for what has arrived in the store. */
  async poll(): Promise<void> {
    try {
      const now = this.executor.clock.now();
      this.#arrivals.add(
        await this.executor.store.readArrivals(this.lease, this.#arrivals.inboxSeen, now),
      );
      if (this.#over) this.#lookForMissed();
    } catch (error) {
      return this.#lose(error);
    }
    this.#decide();
  }

  /** Asks by an empty write whether the lease is still held; one that is lost stops the steps. */
  probe(): void {
    if (this.#draft === null && this.#runningSteps > 0) {
      this.#decide(createDraft(this.executor.clock.now()));
    }
  }

  /** The code did what only an event may cause: the session has ended by itself. */
  violated(): void {
    this.#decide();
  }

  /** Starts no more steps; resolves when the running ones have ended and are recorded. */
  drain(): Promise<void> {
    this.#draining = true;
    this.#drained ??= new Promise((resolve) => {
      this.#onDrained = resolve;
      this.#checkDrained();
    });
    return this.#drained;
  }

  /** Forgets the run without a write; its steps are told to stop. */
  abandon(reason: unknown): void {
    this.#close();
    for (const { step } of this.session.pending.values()) this.#abandonStep(step, reason);
    this.#onDrained?.();
  }

  onAttemptEnd(stepId: string, end: AttemptEnd): void {
    this.#arrivals.push({ type: 'attempt', stepId, end });
    this.#decide();
  }

  onProgress(progress: Reported): void {
    this.#reports.progress(progress);
  }

  onLog(data: EventData['log.recorded']): void {
    this.#reports.log(data);
  }

  onCommitted(result: WriteResult): void {
    this.#guard(() => this.#committed(result));
  }

  onCommitError(error: unknown): void {
    this.#lose(error);
  }

  #decide(draft?: Draft): void {
    if (this.#draft !== null || this.#over) return;
    this.#arrivals.push(...this.#reports.take());
    const idle = this.#arrivals.length === 0 && this.session.outcome === null;
    if (draft === undefined && idle) return;
    this.#draft = draft ?? createDraft(this.executor.clock.now());
    this.#taking = this.#arrivals.takeAll();
    this.#taken = 0;
    this.#guard(this.#take);
  }

  /** Takes one arrival after the other; the code comes to rest before the next. */
  readonly #take = (): void => {
    const draft = this.#draft;
    if (draft === null) return;
    for (;;) {
      const arrival = this.#taking[this.#taken++];
      if (arrival === undefined) return this.#settle(draft);
      if (this.session.outcome !== null || draft.release !== undefined) {
        recordWithoutCode(this, draft, this.#taking.slice(this.#taken - 1));
        return this.#settle(draft);
      }
      if (arrival.type === 'attempt') this.#stepEnded(arrival.stepId);
      const effect = recordArrival(this, draft, arrival);
      if (effect === null) continue;
      if (effect.type === 'retry') return this.#retry(effect.stepId, effect.step);
      if (effect.type === 'cancellation.requested') this.#cancel(effect.data.reason, draft);
      this.session.deliver(effect);
      return whenQuiet(this.#quiet, this.session);
    }
  };

  readonly #quiet = (): void =>
    this.#guard(() => {
      if (this.#draft === null) return;
      recordCommands(this, this.#draft, this.session.takeCommands());
      this.#afterQuiet?.();
      this.#afterQuiet = null;
      this.#take();
    });

  #cancel(reason: string | null, draft: Draft): void {
    cancelChildren(this, draft, reason);
    const waiting = [...this.session.pending.values()];
    // When the code has been told, what it awaits no more is called off.
    this.#afterQuiet = () => {
      for (const called of recordCalledOff(this, draft, waiting, reason)) {
        this.#abandonStep(called, new CancellationError(reason));
      }
    };
    this.#callOffReport = warnUnlessEnded(this);
  }

  /** The attempt before may have changed its arguments in place; the history has them as they were. */
  #retry(stepId: string, step: PendingStep): void {
    const { store } = this.executor;
    this.#goOn(store.readEvents(this.runId, { types: ['step.started'] }), (events) => {
      if (this.#draft === null) return;
      for (const { type, data } of events) {
        if (type === 'step.started' && data.step_id === stepId) step.args = data.args;
      }
      restartStep(this.#draft, stepId, step);
      this.#take();
    });
  }

  #settle(draft: Draft): void {
    const { outcome } = this.session;
    if (draft.release === undefined && outcome !== null) {
      recordOutcome(this, draft, outcome, this.sequence + draft.events.length);
    }
    checkLimits(this, draft);
    if (!startsLimitedStep(this, draft)) return this.#write(draft);
    this.#goOn(delayLimitedSteps(this, draft), () => this.#write(draft));
  }

  #write(draft: Draft): void {
    if (draft.release === undefined) this.#settleStatus(draft);
    const begun = this.session.now > 0;
    if (begun && this.summary.startedAt === null) draft.run.startedAt ??= draft.now;
    this.executor.commits.enqueue(writeOf(this.lease, this.sequence, draft), this);
  }

  /** Suspends a run that has nothing to do here; otherwise it is running. */
  #settleStatus(draft: Draft): void {
    const busy = this.#runningSteps > 0 || draft.startSteps.length > 0 || this.#arrivals.length > 0;
    const status: RunStatus = busy || this.#draining ? 'running' : 'suspended';
    if (status === 'suspended') draft.release = 'suspend';
    if (status !== this.#status) Object.assign(draft.run, { status, updatedAt: draft.now });
    if (draft.progress && this.#recoveryAttempts > 0) {
      Object.assign(draft.run, { recoveryAttempts: 0, updatedAt: draft.now });
    }
  }

  #committed(result: WriteResult): void {
    const draft = this.#draft;
    if (draft === null) return;
    if (result.outcome === 'conflict' && draft.run.continuedToRunId !== undefined) {
      return this.#handOn(draft);
    }
    if (result.outcome === 'conflict' && draft.expireHooks.length > 0) return this.#outdated();
    if (result.outcome !== 'committed') return this.#lose(result.outcome);
    this.#draft = null;
    this.sequence += draft.events.length;
    this.#status = draft.run.status ?? this.#status;
    this.#recoveryAttempts = draft.run.recoveryAttempts ?? this.#recoveryAttempts;
    this.#arrivals.forget(draft.timers);
    this.#listener.onCommitted(this, draft, result.wakes === true);
    for (const id of draft.startSteps) this.#startStep(id);
    if (draft.release !== undefined) {
      if (result.released === true) return this.#released(draft);
      void this.poll();
    }
    this.#decide();
    this.#checkDrained();
  }

  /** Asked to stop while it goes on as a new run: that one is told. */
  #handOn(draft: Draft): void {
    const { store } = this.executor;
    this.#goOn(store.readArrivals(this.lease, draft.inboxThrough ?? 0, draft.now), ({ inbox }) => {
      if (handOn(draft, inbox)) this.#write(draft);
      else if (draft.expireHooks.length > 0) this.#outdated();
      else this.#lose('conflict');
    });
  }

  #released(draft: Draft): void {
    if (isFinished(this.#status) || this.#status === 'interrupted') return this.#end(draft);
    this.#close();
    this.#onDrained?.();
    this.#listener.onSuspended(this);
    this.#lookForMissed();
  }

  /** A full inbox hinders a release, a due timer does not; and nobody is told of it again. */
  #lookForMissed(): void {
    if (this.#arrivals.length > 0) this.#listener.onMissed();
  }

  #startStep(stepId: string): void {
    const step = this.session.pending.get(stepId)?.step;
    if (step === undefined || this.#over || this.#draining) return;
    const args = step.args ?? [];
    step.args = undefined;
    step.reserved = false;
    const attempt = new Attempt(
      {
        runId: this.runId,
        workflowName: this.session.workflowName,
        metadata: this.session.metadata,
        stepId,
        attempt: step.attempt,
        definition: this.executor.standIns?.step(step.definition) ?? step.definition,
        args,
      },
      this,
    );
    step.running = attempt;
    this.#runningSteps++;
    attempt.start(this.executor.clock, this.executor.observer);
  }

  #stepEnded(stepId: string): void {
    const step = this.session.pending.get(stepId)?.step;
    if (step?.running == null) return;
    step.running = null;
    this.#runningSteps--;
  }

  #abandonStep(step: PendingStep | undefined, reason: unknown): void {
    if (step?.running == null) return;
    step.running.abandon(reason);
    step.running = null;
    this.#runningSteps--;
  }

  #checkDrained(): void {
    if (this.#over || (this.#draft === null && this.#runningSteps === 0)) this.#onDrained?.();
  }

  #end(draft: Draft): void {
    // What still runs lost a race: its result is nobody's.
    if (this.#runningSteps > 0) this.abandon(new ClosedError('run'));
    this.#close();
    this.#onDrained?.();
    this.#listener.onEnded(this, {
      runId: this.runId,
      status: this.#status,
      result: draft.run.result ?? null,
      error: draft.run.error ?? null,
      continuedToRunId: draft.run.continuedToRunId ?? null,
    });
  }

  #close(): void {
    this.#over = true;
    this.#callOffReport();
    this.#reports.stop();
  }

  #goOn<T>(when: Promise<T>, work: (value: T) => void): void {
    when.then(
      (value) => this.#guard(() => work(value)),
      (error) => this.#lose(error),
    );
  }

  #guard(work: () => void): void {
    if (this.#over) return;
    try {
      work();
    } catch (error) {
      this.#lose(error);
    }
  }

  /** A payload came before the expiry of its hook was on disk. */
  #outdated(): void {
    this.abandon(new ClosedError('decision about this run'));
    this.#listener.onOutdated(this);
  }

  #lose(error: unknown): void {
    if (this.#over) return;
    this.abandon(new ClosedError('lease of this run'));
    this.#listener.onLost(this, error);
  }
}
