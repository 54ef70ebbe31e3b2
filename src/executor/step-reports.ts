import type { Clock } from '../core/clock.ts';
import type { EventData } from '../core/event.ts';
import type { RunProgress } from '../core/run.ts';
import type { Arrival } from './arrival.ts';

export type Reported = Omit<RunProgress, 'at'>;

/** What the steps of a run say while they run: it goes with the next decision, or gets one of its own. */
export interface StepReports {
  /** Only the latest counts. */
  progress(progress: Reported): void;
  log(data: EventData['log.recorded']): void;
  /** What has been said since the last call. */
  take(): readonly Arrival[];
  stop(): void;
}

/** Milliseconds that a report may wait for company. */
const SOON_MS = 250;

const NOTHING: readonly Arrival[] = [];

/** @param onDue called when something has waited long enough. */
export function createStepReports(clock: Clock, onDue: () => void): StepReports {
  let latest: Reported | null = null;
  let logs: Arrival[] = [];
  let callOff: (() => void) | undefined;

  function soon(): void {
    callOff ??= clock.after(SOON_MS, () => {
      callOff = undefined;
      onDue();
    });
  }

  return {
    progress(progress) {
      latest = progress;
      soon();
    },
    log(data) {
      logs.push({ type: 'log', data });
      soon();
    },
    take() {
      if (latest === null && logs.length === 0) return NOTHING;
      const said = logs;
      if (latest !== null) said.push({ type: 'progress', progress: latest });
      latest = null;
      logs = [];
      return said;
    },
    stop: () => callOff?.(),
  };
}
