/** Run as a process of its own: from a given instant, claims all there is, and prints what it got. */
import { hostname } from 'node:os';
import { newWorkerId } from '../../../src/core/id.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';

const [beginAt = '', path = ''] = process.argv.slice(2);
const store = await openSqliteStore({ path, durability: 'full' });
const workerId = newWorkerId();
const now = Date.now();
await store.registerWorker({
  workerId,
  name: 'greedy',
  host: hostname(),
  pid: process.pid,
  processKey: null,
  startedAt: now,
  expiresAt: now + 60_000,
});
await new Promise((resolve) => setTimeout(resolve, Number(beginAt) - Date.now()));
const claimed: string[] = [];
for (;;) {
  const claims = await store.claim({
    workerId,
    now,
    limit: 2,
    workflows: null,
    scope: 'all',
    runIds: [],
    deadWorkers: [],
  });
  if (claims.length === 0) break;
  claimed.push(...claims.map((claim) => claim.run.runId));
}
await store.close();
process.stdout.write(JSON.stringify(claimed));
