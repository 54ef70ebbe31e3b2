import type { Store } from '../../../src/storage/store.ts';
import type { Host } from './host.ts';
import type { World } from './world.ts';

/**
 * A worker's lease as the thread beside its event loop renews it: three times in its length, while
 * its process is neither dead nor stopped. The memory store knows "alive" and "expired" only; when
 * the one becomes the other is said here.
 */
export function keepAlive(
  world: World,
  store: Store,
  host: Host,
  workerId: string,
  leaseMs: number,
): () => void {
  const since = world.clock.now();
  const every = leaseMs / 3;
  let expire = store.keepAlive(workerId, leaseMs);
  let letGo = false;
  let renewals = 0;

  /** Counted from the last renewal, unless there is another one before that. */
  function runOut(): void {
    const elapsed = world.clock.now() - since;
    const renewedAt = since + Math.floor(elapsed / every) * every;
    const generation = ++renewals;
    world.clock.after(renewedAt + leaseMs - world.clock.now(), () => {
      if (generation !== renewals) return;
      expire();
      world.recorder.expired(workerId);
    });
  }

  host.onState(() => {
    if (letGo) return;
    if (host.state !== 'up') return runOut();
    renewals++;
    expire = store.keepAlive(workerId, leaseMs);
    world.recorder.renewed(workerId);
  });
  return () => {
    letGo = true;
    runOut();
  };
}
