import { inFlight, timed } from './clock.ts';
import type { Figures, Params } from './workload.ts';

/** Steps per second over all runs. `warmUp` runs go first, one at a time, and a tenth at full width. */
export async function throughput(
  { runs = 0, steps = 0, concurrency = 0, warmUp = 0 }: Params,
  run: () => Promise<void>,
): Promise<Figures> {
  await inFlight(warmUp, 1, run);
  await inFlight(runs / 10, concurrency, run);
  const { ms, cpuMs } = await timed(() => inFlight(runs, concurrency, run));
  return speed(runs * steps, ms, cpuMs);
}

export function speed(steps: number, ms: number, cpuMs: number): Figures {
  return { steps_per_second: (steps / ms) * 1000, cpu_us_per_step: (cpuMs / steps) * 1000 };
}
