import { createClient, step, workflow } from 'pyworkflow';

const work = step({ name: 'work' }, async (item: number) => item * item);
const square = workflow({ name: 'square' }, async (item: number) => work(item));

const client = await createClient({ storage: { backend: 'memory' }, worker: { concurrency: 4 } });

// Recorded only: some worker will take them, this process or another one on the same store.
const runs = await Promise.all(
  [1, 2, 3, 4, 5, 6].map((item) => client.start(square, item, { detach: true })),
);
console.log('waiting:', (await client.runs.list({ statuses: ['pending'] })).items.length);

const worker = await client.startWorker({ name: 'example' });
console.log(await Promise.all(runs.map((run) => run.result())));
await worker.stop();
await client.close();
