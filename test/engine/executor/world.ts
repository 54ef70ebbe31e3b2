import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { type AppParts, openApp } from '../../../src/app.ts';
import type { Client } from '../../../src/client/client.ts';
import type { Config } from '../../../src/config/config.ts';
import { resolveConfig } from '../../../src/config/resolve-config.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { openMemoryStore } from '../../../src/storage/memory/memory-store.ts';
import type { Store } from '../../../src/storage/store.ts';
import { clearRegistry } from '../../../src/workflow/registry.ts';

export const BACKENDS = ['sqlite', 'memory'] as const;
export type Backend = (typeof BACKENDS)[number];

/** One store and the clients a test opens on it; each of them stands for a process of its own. */
export interface World {
  readonly folder: string;
  /** @param wrap puts something between the client and the store. */
  open(config?: Config, parts?: WorldParts): Promise<Client>;
  /** What a raw look into the store needs. */
  openStore(): Promise<Store>;
}

export interface WorldParts extends AppParts {
  readonly wrap?: (store: Store) => Store;
}

/** Sets up a new world for each test of the surrounding `describe`. */
export function useWorld(backend: Backend): World {
  let folder = '';
  let shared: ReturnType<typeof createSharedMemory> | undefined;
  const clients: Client[] = [];
  const stores: Store[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pyworkflow-executor-'));
    shared = undefined;
  });
  afterEach(async () => {
    await Promise.allSettled(clients.splice(0).map((client) => client.close()));
    await Promise.allSettled(stores.splice(0).map((store) => store.close()));
    clearRegistry();
    rmSync(folder, { recursive: true, force: true });
  });

  async function newStore(): Promise<Store> {
    if (backend === 'memory') {
      shared ??= createSharedMemory();
      return shared.open();
    }
    const { openSqliteStore } = await import('../../../src/storage/sqlite/sqlite-store.ts');
    return openSqliteStore({ path: join(folder, 'test.db'), durability: 'normal' });
  }

  return {
    get folder() {
      return folder;
    },
    async open(config = {}, { wrap, ...parts } = {}) {
      const resolved = resolveConfig({
        config: { storage: { backend, path: join(folder, 'test.db') }, ...config },
        env: {},
        cwd: folder,
      });
      const store = await newStore();
      const app = await openApp(resolved, {
        log: createLogger({ level: 'silent' }),
        store: wrap === undefined ? store : wrap(store),
        ...parts,
      });
      clients.push(app.client);
      return app.client;
    },
    async openStore() {
      const store = await newStore();
      stores.push(store);
      return store;
    },
  };
}

/** A memory store that several clients share, told of each other's commits as on a file. */
function createSharedMemory(): { open(): Store } {
  const store = openMemoryStore();
  const watchers = new Map<Store, Set<() => void>>();
  return {
    open() {
      const mine = new Set<() => void>();
      let closed: Promise<never> | null = null;
      const tellOthers = () => {
        for (const [other, listeners] of watchers) {
          if (other !== face) for (const listener of listeners) setTimeout(listener, 5);
        }
      };
      const guarded =
        (key: keyof Store) =>
        async (...args: unknown[]) => {
          if (closed !== null) return closed;
          const result = await (store[key] as (...given: unknown[]) => Promise<unknown>)(...args);
          if (key === 'commit' || key === 'removeWorker') tellOthers();
          return result;
        };
      const face = {
        ...Object.fromEntries(Object.keys(store).map((key) => [key, guarded(key as keyof Store)])),
        description: store.description,
        keepAlive: store.keepAlive,
        watch(onChange: () => void) {
          mine.add(onChange);
          return () => mine.delete(onChange);
        },
        async close() {
          const { ClosedError } = await import('../../../src/core/errors.ts');
          closed = Promise.reject(new ClosedError('store'));
          closed.catch(() => {});
          watchers.delete(face);
        },
      } as unknown as Store;
      watchers.set(face, mine);
      return face;
    },
  };
}

/** `step.started a#1`, short enough to compare whole histories. */
export async function story(client: Client, runId: string): Promise<string[]> {
  return (await client.runs.events(runId)).map(({ type, data }) => {
    const facts = data as { readonly [key: string]: unknown };
    const subject = facts.step_id ?? facts.sleep_id ?? facts.hook_id;
    const attempt = facts.attempt === undefined ? '' : `#${facts.attempt}`;
    return subject === undefined ? type : `${type} ${subject}${attempt}`;
  });
}

export async function sequences(client: Client, runId: string): Promise<number[]> {
  return (await client.runs.events(runId)).map((event) => event.sequence);
}

export async function until(
  condition: () => boolean | Promise<boolean>,
  limitMs = 5000,
): Promise<void> {
  const giveUpAt = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error(`it did not happen within ${limitMs} ms`);
    await pause(3);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What `promise` rejects with; fails if it does not, or hangs. */
export async function errorOf(promise: Promise<unknown>, limitMs = 5000): Promise<Error> {
  const silence = Symbol();
  const outcome = await Promise.race([
    promise.then(
      (value) => ({ value }),
      (error: Error) => ({ error }),
    ),
    pause(limitMs).then(() => silence),
  ]);
  if (typeof outcome === 'symbol')
    throw new Error(`neither resolved nor rejected in ${limitMs} ms`);
  if ('error' in outcome) return outcome.error;
  throw new Error(`resolved with ${JSON.stringify(outcome.value)}`);
}

/** A promise somebody else settles. */
export function gate<T = void>(): { promise: Promise<T>; open: (value: T) => void } {
  let open: (value: T) => void = () => {};
  const promise = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}
