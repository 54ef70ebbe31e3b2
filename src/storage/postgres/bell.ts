import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import type { Listening } from '../sql/server.ts';

/** `LISTEN/NOTIFY`: tells other processes that it is time to look. Losing it costs some 35 ms. */
export interface Bell {
  ring(): void;
  listen(onRing: () => void): Listening;
  close(): void;
}

/** Rings are no more frequent than this, milliseconds: who is rung for looks for itself. */
const EVERY_MS = 15;
const RECONNECT_MS = 2000;
/** Through a transaction pooler LISTEN succeeds, and nothing ever arrives. */
const TEST_MS = 2000;

/**
 * @param open a connection of the bell's own, for listening
 * @param notify sends a payload through any connection
 */
export function createBell(
  open: () => Client,
  channel: string,
  notify: (payload: string) => Promise<unknown>,
): Bell {
  const self = randomUUID();
  const listeners = new Set<() => void>();
  let client: Client | null = null;
  let sure = false;
  let closed = false;
  let rungAt = Number.NEGATIVE_INFINITY;
  let later: NodeJS.Timeout | undefined;
  let retry: NodeJS.Timeout | undefined;

  function ring(): void {
    if (closed || later !== undefined) return;
    const wait = rungAt + EVERY_MS - performance.now();
    if (wait <= 0) strike();
    else later = setTimeout(strike, wait).unref();
  }

  function strike(): void {
    later = undefined;
    if (closed) return;
    rungAt = performance.now();
    // Whoever does not hear it looks all the same, a little later.
    notify(self).catch(() => {});
  }

  async function connect(): Promise<void> {
    const own = open();
    client = own;
    const test = randomUUID();
    own.on('notification', ({ payload }) => {
      if (payload === test) sure = true;
      else if (payload !== self) for (const listener of listeners) listener();
    });
    own.on('error', () => lose(own));
    own.on('end', () => lose(own));
    try {
      await own.connect();
      // It does not keep a process alive that has nothing else to do.
      (own as unknown as { unref?: () => void }).unref?.();
      await own.query(`LISTEN "${channel}"`);
      await notify(test);
      setTimeout(() => !sure && lose(own, TEST_MS * 30), TEST_MS).unref();
      // What was missed until now.
      for (const listener of listeners) listener();
    } catch {
      lose(own);
    }
  }

  function lose(own: Client, again = RECONNECT_MS): void {
    if (client !== own) return;
    client = null;
    sure = false;
    own.end().catch(() => {});
    clearTimeout(retry);
    if (!closed && listeners.size > 0) retry = setTimeout(connect, again).unref();
  }

  return {
    ring,
    listen(onRing) {
      listeners.add(onRing);
      if (client === null) void connect();
      return {
        isSure: () => sure,
        stop() {
          listeners.delete(onRing);
          if (listeners.size === 0 && client !== null) lose(client);
        },
      };
    },
    close() {
      closed = true;
      clearTimeout(later);
      clearTimeout(retry);
      if (client !== null) lose(client);
    },
  };
}
