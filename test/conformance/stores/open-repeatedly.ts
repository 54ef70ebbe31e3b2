/** Run as a process of its own: opens new databases at given instants, and prints what failed. */
import { join } from 'node:path';
import { openSqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';

const [firstAt = '', folder = '', count = '', every = ''] = process.argv.slice(2);
const failures: string[] = [];
for (let index = 0; index < Number(count); index++) {
  const at = Number(firstAt) + index * Number(every);
  while (Date.now() < at) await new Promise((resolve) => setTimeout(resolve, at - Date.now()));
  try {
    const path = join(folder, `${index}`, 'store.db');
    const store = await openSqliteStore({ path, durability: 'full' });
    await store.ping();
    await store.close();
  } catch (error) {
    failures.push(String(error));
  }
}
process.stdout.write(JSON.stringify(failures));
