import { continueAsNew, createClient, sleep, step, workflow } from 'pyworkflow';

const fetchPage = step({ name: 'fetchPage' }, async (cursor: number) => ({
  rows: [cursor, cursor + 1, cursor + 2],
  next: cursor + 3 < 12 ? cursor + 3 : null,
}));

interface Import {
  readonly cursor: number;
  readonly imported: number;
}

// A history that would grow for ever starts anew with every page; the runs form a chain.
const importAll = workflow(
  { name: 'importAll' },
  async ({ cursor, imported }: Import): Promise<number> => {
    const { rows, next } = await fetchPage(cursor);
    await sleep('5ms');
    const soFar = imported + rows.length;
    return next === null ? soFar : continueAsNew({ cursor: next, imported: soFar });
  },
);

const client = await createClient({ storage: { backend: 'memory' } });
const run = await client.start(importAll, { cursor: 0, imported: 0 });
console.log(`${await run.result()} rows imported`);
const chain = await client.runs.chain(run.runId);
console.log(chain.map(({ status }) => status).join(' → '));
await client.close();
