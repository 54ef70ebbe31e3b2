/** Run as a process of its own: from a given instant, claims all there is, and prints what it got. */
import { openSqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import { claimedIds, newWorker } from '../fixtures.ts';

const [beginAt = '', path = ''] = process.argv.slice(2);
const store = await openSqliteStore({ path, durability: 'full' });
const worker = await newWorker(store);
await new Promise((resolve) => setTimeout(resolve, Number(beginAt) - Date.now()));
const claimed: string[] = [];
for (;;) {
  const ids = await claimedIds(store, worker, { limit: 2 });
  if (ids.length === 0) break;
  claimed.push(...ids);
}
await store.close();
process.stdout.write(JSON.stringify(claimed));
