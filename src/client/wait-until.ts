import type { Clock } from '../core/clock.ts';
import type { WaitOptions } from './client.ts';

/**
 * Asks `check` now and after everything that `listen` reports until it gives something.
 * @throws what `check` throws, `timeoutError()` after `options.timeoutMs`, the signal's reason.
 */
export function waitUntil<T>(
  listen: (onChange: () => void) => () => void,
  clock: Clock,
  check: () => Promise<T | undefined>,
  timeoutError: () => Error,
  { timeoutMs, signal }: WaitOptions,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let checking = false;
    let again = false;
    const stops: (() => void)[] = [];
    const settle = (finish: () => void) => {
      for (const stop of stops) stop();
      finish();
    };
    const look = async () => {
      if (checking) {
        again = true;
        return;
      }
      checking = true;
      try {
        do {
          again = false;
          const found = await check();
          if (found !== undefined) return settle(() => resolve(found));
        } while (again);
      } catch (error) {
        settle(() => reject(error));
      } finally {
        checking = false;
      }
    };
    stops.push(listen(() => void look()));
    if (timeoutMs !== undefined) stops.push(clock.after(timeoutMs, () => settle(() => reject(timeoutError()))));
    if (signal !== undefined) {
      const onAbort = () => settle(() => reject(signal.reason));
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      stops.push(() => signal.removeEventListener('abort', onAbort));
    }
    void look();
  });
}
