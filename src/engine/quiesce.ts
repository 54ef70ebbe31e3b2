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

/**
 * Calls `fn` when all sessions that are at rest now have been heard: what they ask for together can
 * be written together, in the same turn of the event loop.
 */
export function afterQuiet(fn: () => void): void {
  if (calling) after.push(fn);
  else realSetImmediate(fn);
}

export function quiesce(): Promise<void> {
  return new Promise(whenQuiet);
}

function callAll(): void {
  const ready = waiting;
  waiting = [];
  calling = true;
  for (const fn of ready) fn();
  calling = false;
  for (const fn of after.splice(0)) fn();
}

let calling = false;
const after: (() => void)[] = [];

// Taken before the workflow globals are in place.
const realSetImmediate = setImmediate;
