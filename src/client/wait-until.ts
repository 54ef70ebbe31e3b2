import type { Clock } from '../core/clock.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { WaitOptions } from './client.ts';

/** Waiting is work: without a handle Node would end the process under it. */
const LONG_MS = 2 ** 30;

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
    const alive = setInterval(() => {}, LONG_MS);
    stops.push(() => clearInterval(alive));
    stops.push(listen(() => void look()));
    if (timeoutMs !== undefined)
      stops.push(clock.after(timeoutMs, () => settle(() => reject(timeoutError()))));
    if (signal !== undefined) {
      const onAbort = () => settle(() => reject(signal.reason));
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      stops.push(() => signal.removeEventListener('abort', onAbort));
    }
    void look();
  });
}

/** A wait for the next change that misses none: one that came since the last wait ends it at once. */
export interface Changes {
  /** Also returns when the signal fires. */
  next(): Promise<void>;
  stop(): void;
}

export function watchChanges(runtime: Runtime, signal: AbortSignal | undefined): Changes {
  let changed = false;
  let wake: (() => void) | null = null;
  const onChange = () => {
    changed = true;
    wake?.();
  };
  const stopListening = runtime.onChange(onChange);
  const alive = setInterval(() => {}, LONG_MS);
  signal?.addEventListener('abort', onChange, { once: true });
  return {
    async next() {
      if (!changed) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      changed = false;
      wake = null;
    },
    stop() {
      stopListening();
      clearInterval(alive);
      signal?.removeEventListener('abort', onChange);
    },
  };
}
