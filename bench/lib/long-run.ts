import type { Figures, Params } from './workload.ts';

type Step = (index: number) => Promise<number>;

/**
 * One run of `steps` steps that note when they run; a run of `warmUp` steps goes before, untimed.
 * Nothing a step does depends on its number, so a history that is read again and again shows up
 * in the last tenth.
 */
export async function longRun(
  { steps = 0, warmUp = 0 }: Params,
  run: (steps: number, step: Step) => Promise<void>,
): Promise<Figures> {
  const stamps: number[] = [];
  const noop: Step = async (index) => {
    stamps.push(performance.now());
    return index;
  };
  await run(warmUp, noop);
  stamps.length = 0;
  const start = performance.now();
  await run(steps, noop);
  const ms = performance.now() - start;
  const tenth = Math.floor(steps / 10);
  const first = gap(stamps.slice(0, tenth));
  const last = gap(stamps.slice(-tenth));
  return { steps_per_second: (steps / ms) * 1000, last_to_first: last / first };
}

/** Mean time from one step to the next. */
function gap(stamps: readonly number[]): number {
  return (stamps.at(-1)! - stamps[0]!) / (stamps.length - 1);
}
