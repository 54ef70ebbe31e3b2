import { readFileSync } from 'node:fs';
import type { Client } from '../../client/client.ts';
import type { Clock } from '../../core/clock.ts';
import type { WorkflowEvent } from '../../core/event.ts';
import type { RunRecord } from '../../core/run.ts';
import { countSteps, FATAL_STEP, type StepCount } from './proof.ts';
import { type Stage, startWorkerProcess, type WorkerProcess } from './stage.ts';

/** What the audience is told while it happens. */
export interface Narrator {
  recorded(runId: string): void;
  workerStarted(worker: WorkerProcess): void;
  event(event: WorkflowEvent, counts: readonly StepCount[]): void;
  killed(worker: WorkerProcess, step: string): void;
}

export interface Played {
  readonly run: RunRecord;
  readonly counts: readonly StepCount[];
  readonly killed: WorkerProcess;
  readonly survivor: WorkerProcess;
}

/** Long enough after the fatal step began, short enough before it ends. */
const KILL_AFTER_MS = 400;

/**
 * One run, two worker processes, the first of them killed in the middle of a step.
 * @throws the signal's reason when it fires
 */
export async function play(
  client: Client,
  stage: Stage,
  clock: Clock,
  narrator: Narrator,
  signal: AbortSignal,
): Promise<Played> {
  const { runId } = await client.start(
    'bookTrip',
    { city: 'Lisbon', logFile: stage.logFile },
    { detach: true },
  );
  narrator.recorded(runId);
  const workers: WorkerProcess[] = [];
  const hire = (name: string) => {
    const worker = startWorkerProcess(stage, name);
    workers.push(worker);
    narrator.workerStarted(worker);
    return worker;
  };
  try {
    const first = hire('worker 1');
    let second: WorkerProcess | undefined;
    for await (const event of client.runs.follow(runId, { signal })) {
      narrator.event(event, counts(stage));
      const isFatal = event.type === 'step.started' && event.data.step_name === FATAL_STEP;
      if (!isFatal || second !== undefined) continue;
      await wait(clock, KILL_AFTER_MS);
      await first.end('SIGKILL');
      narrator.killed(first, FATAL_STEP);
      second = hire('worker 2');
    }
    signal.throwIfAborted();
    const run = await client.runs.wait(runId, { signal });
    if (second === undefined) throw new Error(`The run ended before ${FATAL_STEP} began`);
    await second.end('SIGTERM');
    return { run, counts: counts(stage), killed: first, survivor: second };
  } catch (error) {
    const complaints = workers.map((worker) => worker.complaints().trim()).filter(Boolean);
    if (complaints.length === 0) throw error;
    throw new Error(complaints.join('\n'), { cause: error });
  } finally {
    await Promise.all(workers.map((worker) => worker.end('SIGKILL')));
  }
}

function counts({ logFile }: Stage): readonly StepCount[] {
  try {
    return countSteps(readFileSync(logFile, 'utf8'));
  } catch {
    return countSteps('');
  }
}

function wait(clock: Clock, milliseconds: number): Promise<void> {
  return new Promise((resolve) => clock.after(milliseconds, resolve));
}
