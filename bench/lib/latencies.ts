import { percentile } from './stats.ts';
import type { Figures, Params } from './workload.ts';

/** Percentiles of `runs` calls, one at a time, after `warmUp` untimed ones. */
export async function latencies(
  { runs = 0, warmUp = 0 }: Params,
  run: () => Promise<void>,
): Promise<Figures> {
  for (let i = 0; i < warmUp; i++) await run();
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  const at = (share: number) => percentile(times, share);
  return { p50_ms: at(0.5), p95_ms: at(0.95), p99_ms: at(0.99) };
}
