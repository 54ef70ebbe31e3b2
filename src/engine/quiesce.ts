let waiting: (() => void)[] = [];

/**
 * Calls `fn` when all code that could run without an event has run. Microtasks drain before the
 * event loop reaches its next phase, so one immediate is proof; all sessions of a process share it.
 *
 * Invariant: the only place of the engine that waits for user code to come to rest.
 */
export function whenQuiet(fn: () => void): void {
  if (waiting.push(fn) === 1) realSetImmediate(callAll);
}

export function quiesce(): Promise<void> {
  return new Promise(whenQuiet);
}

function callAll(): void {
  const ready = waiting;
  waiting = [];
  for (const fn of ready) fn();
}

// Taken before the workflow globals are in place.
const realSetImmediate = setImmediate;
