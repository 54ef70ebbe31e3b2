import type { Random } from './random.ts';

/** What goes wrong in a seed: probabilities for each call of the store unless said otherwise. */
export interface Faults {
  readonly crash: number;
  readonly pause: number;
  /** The call fails, and nothing of it was done. */
  readonly unavailable: number;
  /** It was done, and whoever asked is told of a failure. */
  readonly lostAnswer: number;
  /** It takes long: longer than a lease, sometimes. */
  readonly slow: number;
  /** Of doorbells. */
  readonly lateBell: number;
  readonly secondBell: number;
  /** At most so many of the first four. */
  readonly budget: number;
}

export const NO_FAULTS: Faults = {
  crash: 0,
  pause: 0,
  unavailable: 0,
  lostAnswer: 0,
  slow: 0,
  lateBell: 0,
  secondBell: 0,
  budget: 0,
};

/** Each seed has its own mixture, for what hides in the noise of all faults shows in the silence of most. */
export function drawFaults(random: Random): Faults {
  const some = (most: number) => (random.chance(0.6) ? random.next() * most : 0);
  return {
    crash: some(0.01),
    pause: some(0.008),
    unavailable: some(0.004),
    lostAnswer: some(0.004),
    slow: some(0.05),
    lateBell: some(0.5),
    secondBell: some(0.5),
    budget: random.between(0, 14),
  };
}

/** What becomes of one call; times in milliseconds. */
export interface Fate {
  readonly requestMs: number;
  readonly answerMs: number;
  readonly fault: 'crash' | 'pause' | 'unavailable' | 'lostAnswer' | null;
  /** Of a crash or a pause: before the request arrives, or between it and its answer. */
  readonly before: boolean;
  /** A request that is on its way when its process dies. */
  readonly arrivesAnyway: boolean;
}

export function drawFate(random: Random, faults: Faults, leaseMs: number): Fate {
  const at = random.next();
  const { crash, pause, unavailable, lostAnswer } = faults;
  const limits = [crash, pause, unavailable, lostAnswer];
  const names = ['crash', 'pause', 'unavailable', 'lostAnswer'] as const;
  let sum = 0;
  const hit = limits.findIndex((limit) => {
    sum += limit;
    return at < sum;
  });
  const quick = random.chance(0.5);
  const travel = () => {
    if (random.chance(faults.slow)) return random.between(50, Math.round(leaseMs * 1.5));
    return quick ? 0 : random.between(0, 8);
  };
  return {
    requestMs: travel(),
    answerMs: travel(),
    fault: names[hit] ?? null,
    before: random.chance(0.5),
    arrivesAnyway: random.chance(0.5),
  };
}
