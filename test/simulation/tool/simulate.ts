import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { SeedReport } from '../run/run-seed.ts';
import { build, type Mutation } from './build.ts';

export interface Simulation {
  readonly from: number;
  readonly count: number;
  readonly mutations?: readonly Mutation[];
  /** Prints everything that happens. */
  readonly trace?: boolean;
  /** Stops at the first seed that fails. Default: goes on. */
  readonly stopAtFailure?: boolean;
  readonly processes?: number;
  readonly onSeed?: (done: number, report: SeedReport) => void;
}

export interface SimulationReport {
  readonly seeds: number;
  readonly failures: readonly SeedReport[];
  readonly counts: ReadonlyMap<string, number>;
}

/** Seeds given to a process at a time: what one of them leaves in memory ends with it. */
const BATCH = 50;

/** Runs seeds in processes of their own, as many at a time as there are cores. */
export async function simulate(options: Simulation): Promise<SimulationReport> {
  const { from, count, trace = false, stopAtFailure = false, onSeed } = options;
  const { worker, dispose } = build(options.mutations);
  const failures: SeedReport[] = [];
  const counts = new Map<string, number>();
  let next = from;
  let done = 0;

  function take(report: SeedReport): void {
    done++;
    for (const [what, times] of Object.entries(report.counts)) {
      counts.set(what, (counts.get(what) ?? 0) + times);
    }
    if (report.violations.length > 0) failures.push(report);
    onSeed?.(done, report);
  }

  const isOver = () => next >= from + count || (stopAtFailure && failures.length > 0);

  async function lane(): Promise<void> {
    while (!isOver()) {
      const first = next;
      next = Math.min(first + BATCH, from + count);
      await runBatch(worker, { from: first, to: next, trace }, take, () =>
        stopAtFailure ? failures.length > 0 : false,
      );
    }
  }

  try {
    const lanes = Math.min(options.processes ?? availableParallelism(), Math.ceil(count / BATCH));
    await Promise.all(Array.from({ length: lanes }, lane));
    return { seeds: done, failures, counts };
  } finally {
    dispose();
  }
}

function runBatch(
  worker: string,
  job: { readonly from: number; readonly to: number; readonly trace: boolean },
  take: (report: SeedReport) => void,
  enough: () => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(worker, [JSON.stringify(job)], { execArgv: [], stdio: 'inherit' });
    let reached = job.from;
    child.on('message', (report: SeedReport) => {
      reached = report.seed + 1;
      take(report);
      if (enough()) child.kill();
    });
    child.on('exit', (code, signal) => {
      if (code === 0 || signal !== null) resolve();
      else reject(new Error(`seed ${reached}: the simulation has ended with code ${code}`));
    });
  });
}
