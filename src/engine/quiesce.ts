/**
 * The only place of the engine that waits for user code to come to rest.
 *
 * Microtasks drain before the event loop reaches its next phase, so one immediate is proof of rest
 * whatever the code has called. A turn of the event loop costs more than a step, though, and code
 * that has called nothing but primitives lives on microtasks alone: for that, the end of the
 * microtasks is proof as well, and Node tells it by running a tick that was asked for from within
 * them. All sessions of a process share both.
 */

export interface UserCode {
  /** False once it has called something that goes on by ticks, timers or I/O. */
  readonly onlyPrimitives: boolean;
}

/** Calls `fn` when the code has come to rest, in a later turn or tick. */
export function whenQuiet(fn: () => void, code: UserCode): void {
  // Asked for before the code runs, so that an immediate of its own comes after it: that one is no
  // part of coming to rest.
  if (!turnAsked) realSetImmediate(endOfTurn);
  turnAsked = true;
  if (code.onlyPrimitives && ticks < MAX_TICKS) {
    if (waitingForTick.push({ fn, code }) === 1) queueMicrotask(afterMicrotasks);
  } else {
    waitingForTurn.push(fn);
  }
}

export function quiesce(code: UserCode): Promise<void> {
  return new Promise((resolve) => whenQuiet(resolve, code));
}

/** True if no session of the process is on its way to rest. */
export function isQuiet(): boolean {
  return !turnAsked;
}

/**
 * Calls `fn` when all sessions that are at rest now have been heard: what they ask for together can
 * be written together, in the same turn of the event loop.
 */
export function afterQuiet(fn: () => void): void {
  if (calling) after.push(fn);
  else realSetImmediate(fn);
}

/** Ticks after which the event loop gets its turn: timers and I/O must not starve. */
const MAX_TICKS = 200;

const waitingForTick: { fn: () => void; code: UserCode }[] = [];
let waitingForTurn: (() => void)[] = [];
let turnAsked = false;
/** Since the last turn of the event loop. */
let ticks = 0;
let calling = false;
const after: (() => void)[] = [];

// A tick asked for from within a microtask runs when all microtasks are done, not before them.
function afterMicrotasks(): void {
  realNextTick(endOfMicrotasks);
}

function endOfMicrotasks(): void {
  ticks++;
  const ready: (() => void)[] = [];
  for (const { fn, code } of waitingForTick.splice(0)) {
    // What it has called meanwhile may take more than microtasks.
    (code.onlyPrimitives ? ready : waitingForTurn).push(fn);
  }
  callAll(ready);
}

function endOfTurn(): void {
  const ready = waitingForTurn;
  waitingForTurn = [];
  turnAsked = false;
  ticks = 0;
  callAll(ready);
}

function callAll(ready: readonly (() => void)[]): void {
  calling = true;
  let called = 0;
  try {
    while (called < ready.length) ready[called++]?.();
  } finally {
    calling = false;
    // One that throws must not keep the others waiting.
    for (const fn of ready.slice(called)) whenQuiet(fn, { onlyPrimitives: false });
    for (const fn of after.splice(0)) fn();
  }
}

// Taken before the workflow globals are in place.
const realSetImmediate = setImmediate;
const realNextTick = process.nextTick.bind(process);
