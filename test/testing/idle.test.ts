import { expect, test, vi } from 'vitest';
import { hook, sleep, startChildWorkflow, step, workflow } from '../../src/index.ts';
import type { Store } from '../../src/storage/store.ts';
import { createTestEnvironment } from '../../src/testing.ts';

// Every call of the store takes a different time: virtual time must not notice.
vi.mock('../../src/storage/memory/memory-store.ts', async (original) => {
  const real = await original<typeof import('../../src/storage/memory/memory-store.ts')>();
  return { openMemoryStore: () => slow(real.openMemoryStore()) };
});

function slow(store: Store): Store {
  return new Proxy(store, {
    get(target, name: keyof Store) {
      const found = target[name];
      if (typeof found !== 'function' || name === 'watch' || name === 'keepAlive') return found;
      const call = found as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) => {
        await aWhile();
        const answer = await call.apply(target, args);
        await aWhile();
        return answer;
      };
    },
  });
}

function aWhile(): Promise<unknown> {
  return new Promise((resolve) => {
    if (Math.random() < 0.5) setImmediate(resolve);
    else setTimeout(resolve, Math.random() * 3);
  });
}

const work = step({ name: 'work', retryDelay: '1h' }, async (n: number) => {
  await aWhile();
  return n;
});
const kid = workflow({ name: 'kid' }, async (n: number) => {
  await sleep('1d');
  return work(n);
});
const busy = workflow({ name: 'busy' }, async () => {
  const seen: unknown[] = [];
  for (let round = 0; round < 3; round++) {
    seen.push(await Promise.all([work(round), startChildWorkflow(kid, round), sleep('2h')]));
    seen.push(
      await hook(round < 2 ? 'answered' : 'ignored', { timeout: '1d' }).then(String, String),
    );
    seen.push(new Date().toISOString());
  }
  return seen;
});
const tick = workflow({ name: 'tick' }, async () => sleep('1h'));

async function once(): Promise<unknown> {
  const env = await createTestEnvironment();
  await env.client.schedules.create(tick, { cron: '0 */6 * * *' }, { scheduleId: 'ticks' });
  env.mockStep(work).once(new Error('not yet'));
  env.answerHook('answered', 'yes', { after: '30m' });
  const result = await (await env.start(busy)).result();
  await env.advance('1d');
  const { items } = await env.client.runs.list({ scheduleId: 'ticks' });
  const ticks = items.map(({ completedAt }) => completedAt);
  await env.close();
  return { result, ticks, end: env.now() };
}

test('idle is known, not guessed: a store of any speed gives the same story', async () => {
  const first = await once();
  for (let again = 0; again < 3; again++) expect(await once()).toEqual(first);
});
