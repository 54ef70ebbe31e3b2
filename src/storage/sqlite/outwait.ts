import { isBusy } from './sqlite-errors.ts';

/** How long an access waits for other processes before it gives up. */
const PATIENCE_MS = 10_000;

/**
 * Tries again while another connection is in the way. The driver waits as well, but it blocks this
 * event loop meanwhile, and SQLite has moments in which it does not wait at all: two processes that
 * open a new database at once.
 */
export async function outwait<T>(work: () => T, patienceMs: number = PATIENCE_MS): Promise<T> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() > giveUpAt) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 45));
  }
}
