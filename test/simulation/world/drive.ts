import { isQuiet } from '../../../src/engine/quiesce.ts';
import type { World } from './world.ts';

/** More of them, and something goes round in circles. */
const MOST_EVENTS = 200_000;

/**
 * Lets one thing happen after the other, each after the world has come to rest from the one before,
 * until `isOver`, or until `deadline` (milliseconds since the epoch).
 * @returns false if the deadline or the end of all timers came first
 */
export async function drive(
  world: World,
  isOver: () => boolean,
  deadline: number,
): Promise<boolean> {
  for (let events = 0; events < MOST_EVENTS; events++) {
    await rest(world);
    if (isOver()) return true;
    if (world.violations.length > 0) return false;
    const next = world.clock.nextAt();
    if (next === null || next > deadline) return false;
    world.clock.fireNext();
    world.count('events');
  }
  world.violate(`it does not end: ${MOST_EVENTS} events`);
  return false;
}

/** Ends everything, so that nothing of it goes on in the next world. */
export async function endWorld(world: World): Promise<void> {
  world.onDeath = () => {};
  for (const host of world.hosts) host.die();
  await rest(world);
}

/** All code has run as far as it can: what it waits for is an answer of the store, or time. */
async function rest(world: World): Promise<void> {
  do await turn();
  while (!isQuiet() || world.hosts.some(isBusy));
  // Whoever was told of something by an immediate.
  await turn();
}

function isBusy({ app, state, commits }: World['hosts'][number]): boolean {
  return state !== 'dead' && commits === 0 && app?.isIdle() === false;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
