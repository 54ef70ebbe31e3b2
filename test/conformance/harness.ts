import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, test } from 'vitest';
import type { Store } from '../../src/storage/store.ts';

/** What the suite must know of a store; a store's test file is little more than this. */
export interface StoreUnderTest {
  readonly name: string;
  /** Opens the store kept in `folder`, which is empty at first. */
  readonly open: (folder: string) => Promise<Store>;
  /** A further connection to the same data, or the reason why there can be none. */
  readonly openSecond: ((folder: string) => Promise<Store>) | { readonly none: string };
  /** Makes every write fail until the returned function is called, or why that is impossible. */
  readonly failWrites: ((folder: string) => () => void) | { readonly none: string };
  /** Whether `keepAlive` can be tried here, or why not. */
  readonly heartbeat: true | { readonly none: string };
}

export interface Opened {
  readonly store: Store;
  /** Another way to the same data: a connection of its own, or the same object again. */
  readonly other: Store;
  readonly folder: string;
}

export interface Harness {
  readonly subject: StoreUnderTest;
  readonly connections: 'one connection' | 'two connections';
  /** An empty store, closed and deleted after the test. */
  readonly fresh: () => Promise<Opened>;
  /** A test that makes sense only with a second connection. */
  readonly testWithSecond: (name: string, body: (opened: Opened) => Promise<void>) => void;
  readonly testWithFault: (
    name: string,
    body: (opened: Opened, fail: () => () => void) => Promise<void>,
  ) => void;
  readonly testWithHeartbeat: (name: string, body: (opened: Opened) => Promise<void>) => void;
}

export function createHarness(
  subject: StoreUnderTest,
  connections: Harness['connections'],
): Harness {
  const { openSecond, failWrites, heartbeat } = subject;

  async function opened(separate: boolean): Promise<Opened> {
    const folder = await mkdtemp(join(tmpdir(), 'pyworkflow-conformance-'));
    const store = await subject.open(folder);
    const other = separate && typeof openSecond === 'function' ? await openSecond(folder) : store;
    onTestFinished(async () => {
      await other.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    });
    return { store, other, folder };
  }

  return {
    subject,
    connections,
    fresh: () => opened(connections === 'two connections'),
    testWithSecond(name, body) {
      if (typeof openSecond === 'function') test(name, async () => body(await opened(true)));
      else test(name, ({ skip }) => skip(openSecond.none));
    },
    testWithFault(name, body) {
      if (typeof failWrites !== 'function') test(name, ({ skip }) => skip(failWrites.none));
      else {
        test(name, async () => {
          const parts = await opened(false);
          await body(parts, () => failWrites(parts.folder));
        });
      }
    },
    testWithHeartbeat(name, body) {
      if (heartbeat === true) test(name, async () => body(await opened(false)));
      else test(name, ({ skip }) => skip(heartbeat.none));
    },
  };
}
