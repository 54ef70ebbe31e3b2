import type { Arrivals, Timer } from '../storage/store.ts';
import type { Arrival } from './arrival.ts';

/** What has arrived for a run and is not yet taken. What the store tells twice counts once. */
export interface ArrivalQueue {
  readonly length: number;
  /** The last inbox entry that has been here. */
  readonly inboxSeen: number;
  push(...arrivals: readonly Arrival[]): void;
  add(arrivals: Arrivals): void;
  takeAll(): readonly Arrival[];
  /** These are set anew: they may be due again, even within the same millisecond. */
  forget(timers: readonly Timer[]): void;
}

export function createArrivalQueue(): ArrivalQueue {
  const timersSeen = new Set<string>();
  let waiting: Arrival[] = [];
  let inboxSeen = 0;
  return {
    get length() {
      return waiting.length;
    },
    get inboxSeen() {
      return inboxSeen;
    },
    push: (...arrivals) => void waiting.push(...arrivals),
    add({ inbox, dueTimers }) {
      for (const entry of inbox) {
        if (entry.id <= inboxSeen) continue;
        inboxSeen = entry.id;
        waiting.push({ type: 'inbox', entry });
      }
      for (const timer of dueTimers) {
        if (timersSeen.has(keyOf(timer))) continue;
        timersSeen.add(keyOf(timer));
        waiting.push({ type: 'timer', timer });
      }
    },
    takeAll() {
      const taken = waiting;
      waiting = [];
      return taken;
    },
    forget(timers) {
      for (const timer of timers) timersSeen.delete(keyOf(timer));
    },
  };
}

function keyOf(timer: Timer): string {
  return `${timer.id}@${timer.dueAt}`;
}
