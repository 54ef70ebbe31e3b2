import { afterAll, describe, expect, test } from 'vitest';
import type { Claim, Store } from '../../src/storage/store.ts';
import {
  advance,
  cancellation,
  claimRequest,
  commitOne,
  creation,
  LEASE_MS,
  mark,
  NOW,
  newWorker,
  numbers,
  sequencesOf,
  startFree,
} from '../conformance/fixtures.ts';
import { mysqlServer, postgresServer, type SqlServer } from './sql-servers.ts';

const SERVERS = { postgres: postgresServer, mysql: mysqlServer };

for (const [name, find] of Object.entries(SERVERS)) {
  const server = await find();
  if (typeof server === 'string') {
    const required = process.env.PYWORKFLOW_REQUIRE_SERVICES === '1';
    test(`${name} under load`, ({ skip }) => {
      expect(required, server).toBe(false);
      skip(server);
    });
  } else describe(`${name} under load`, () => loadCases(server));
}

const STORES = 16;

function loadCases(server: SqlServer): void {
  afterAll(() => server.close());

  async function crowd(): Promise<{ store: Store; workerId: string }[]> {
    const members = [];
    for (const _ of numbers(STORES)) {
      const store = await server.open();
      members.push({
        store,
        workerId: await newWorker(store, { expiresAt: NOW + 1000 * LEASE_MS }),
      });
    }
    return members;
  }

  async function leave(members: readonly { store: Store; workerId: string }[]): Promise<void> {
    for (const { store, workerId } of members) {
      await store.removeWorker(workerId);
      await store.close();
    }
  }

  test('16 stores hammer one run: one winner a claim, no message lost, no gap', async () => {
    const members = await crowd();
    const { store: first } = members[0]!;
    const runId = await startFree(first, { workflowName: 'hammered' }, { attention: 'waiting' });
    const messages = numbers(20);
    const received: string[] = [];
    let holders = 0;
    let most = 0;
    let rounds = 0;

    async function hold(store: Store, claim: Claim): Promise<void> {
      holders += 1;
      rounds += 1;
      most = Math.max(most, holders);
      let { inbox } = claim.arrivals;
      let last = claim.sequence;
      for (let after = 0; ; ) {
        received.push(...inbox.map((entry) => (entry.type === 'cancel' ? `${entry.reason}` : '?')));
        after = inbox.at(-1)?.id ?? after;
        const events = inbox.map((entry) => mark(`${entry.id}`));
        const write = advance(claim.lease, last, { events, inboxThrough: after });
        expect(await commitOne(store, write)).toEqual({ outcome: 'committed' });
        last += events.length;
        holders -= 1;
        const release = advance(claim.lease, last, { release: 'suspend' });
        const result = await commitOne(store, release);
        if (result.outcome !== 'committed') throw new Error(result.outcome);
        if (result.released) return;
        holders += 1;
        ({ inbox } = await store.readArrivals(claim.lease, after, NOW));
      }
    }

    const all = STORES * messages.length;
    await Promise.all(
      members.flatMap(({ store, workerId }, index) => [
        (async () => {
          for (const message of messages) {
            const result = await commitOne(store, cancellation(runId, `${index}.${message}`));
            expect(result).toEqual({ outcome: 'committed' });
          }
        })(),
        (async () => {
          while (received.length < all) {
            const claims = await store.claim(claimRequest(workerId, { workflows: ['hammered'] }));
            for (const claim of claims) await hold(store, claim);
          }
        })(),
      ]),
    );
    expect(most).toBe(1);
    expect(rounds).toBeGreaterThan(0);
    expect(received.toSorted()).toEqual(
      members.flatMap((_, index) => messages.map((message) => `${index}.${message}`)).toSorted(),
    );
    expect(await sequencesOf(first, runId)).toEqual(numbers(1 + all));
    await leave(members);
  });

  /** Each member claims what there is and writes ten commits to every run it gets. */
  async function workOff(members: Awaited<ReturnType<typeof crowd>>, workflow: string) {
    const taken: string[] = [];
    await Promise.all(
      members.map(async ({ store, workerId }) => {
        for (;;) {
          const claims = await store.claim(
            claimRequest(workerId, { workflows: [workflow], limit: 10 }),
          );
          if (claims.length === 0) return;
          taken.push(...claims.map((claim) => claim.run.runId));
          for (let step = 1; step <= 10; step++) {
            const ends = step === 10;
            const run = { status: 'completed' as const, updatedAt: NOW, completedAt: NOW };
            const writes = claims.map((claim) =>
              advance(claim.lease, step, {
                events: [mark(`${step}`)],
                ...(ends ? { run, release: 'suspend' as const } : {}),
              }),
            );
            for (const result of await store.commit(writes)) {
              expect(result.outcome).toBe('committed');
            }
          }
        }
      }),
    );
    return taken;
  }

  test('16 stores share 1,000 runs out and write them to their ends without a gap', async () => {
    const members = await crowd();
    const { store } = members[0]!;
    const made = numbers(1000).map(() => creation({ workflowName: 'shared' }));
    for (let from = 0; from < made.length; from += 100) {
      await store.commit(made.slice(from, from + 100));
    }
    const taken = await workOff(members, 'shared');
    expect(taken.toSorted()).toEqual(made.map((write) => write.run.runId).toSorted());
    for (const { run } of made.slice(0, 50)) {
      expect(await sequencesOf(store, run.runId)).toEqual(numbers(11));
    }
    const done = await store.listRuns({
      workflowName: 'shared',
      statuses: ['completed'],
      limit: 2000,
    });
    expect(done.items).toHaveLength(1000);
    await leave(members);
  });

  test('connections that break again and again: nothing lost, nothing twice', async () => {
    const members = await crowd();
    const { store } = members[0]!;
    const made = numbers(200).map(() => creation({ workflowName: 'broken' }));
    await store.commit(made);
    let broken = 0;
    let working = true;
    const breaking = (async () => {
      while (working) {
        await new Promise((resolve) => setTimeout(resolve, 150));
        broken += await server.breakConnections();
      }
    })();
    const taken: string[] = [];
    // What one round of claims has found nothing for may have been locked at that moment.
    while (taken.length < made.length) taken.push(...(await workOff(members, 'broken')));
    working = false;
    await breaking;
    expect(broken).toBeGreaterThan(0);
    expect(taken.toSorted()).toEqual(made.map((write) => write.run.runId).toSorted());
    for (const { run } of made) {
      expect(await sequencesOf(store, run.runId)).toEqual(numbers(11));
      expect(await store.getRun(run.runId)).toMatchObject({ status: 'completed' });
    }
    await leave(members);
  });
}
