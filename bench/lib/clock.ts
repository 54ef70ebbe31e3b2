import { setTimeout as delay } from 'node:timers/promises';

/** Wall and CPU time (all threads of this process, user and system) of `work`, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<{ ms: number; cpuMs: number }> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const ms = performance.now() - start;
  const used = process.cpuUsage(cpu);
  return { ms, cpuMs: (used.user + used.system) / 1000 };
}

/** `count` calls of `one`, at most `concurrency` at a time. */
export async function inFlight(
  count: number,
  concurrency: number,
  one: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await one(next++);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, lane));
}

/** Asks until the answer is yes; only for what is not timed. */
export async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`waited two minutes for ${what}`);
    await delay(20);
  }
}

export function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`the benchmark's own check failed: ${what}`);
}
