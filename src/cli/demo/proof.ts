/** How often a step began and finished, in which processes. */
export interface StepCount {
  readonly step: string;
  readonly begun: number;
  readonly finished: number;
  /** Of the process that finished it. */
  readonly pid: number | null;
}

export const DEMO_STEPS = ['reserveFlight', 'reserveHotel', 'chargeCard', 'sendTickets'];
/** The step in whose middle the process dies: the only one that may begin twice. */
export const FATAL_STEP = 'chargeCard';

/** Reads the lines that the steps themselves wrote: `begin NAME PID`, `end NAME PID`. */
export function countSteps(log: string): readonly StepCount[] {
  const lines = log.split('\n').map((line) => line.split(' '));
  return DEMO_STEPS.map((step) => {
    const of = (what: string) => lines.filter(([kind, name]) => kind === what && name === step);
    const ends = of('end');
    const pid = ends.length > 0 ? Number(ends[0]?.[2]) : null;
    return { step, begun: of('begin').length, finished: ends.length, pid };
  });
}

/** Every step finished once, and no finished one began again. */
export function isProven(counts: readonly StepCount[]): boolean {
  return counts.every(({ step, begun, finished }) => {
    return finished === 1 && begun === (step === FATAL_STEP ? 2 : 1);
  });
}
