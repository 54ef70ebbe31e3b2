import { createClient, sleep, step, workflow } from 'pyworkflow';

let calls = 0;
const callApi = step({ name: 'callApi', retryDelay: '20ms' }, async () => {
  calls += 1;
  if (calls < 3) throw new Error('not yet');
  return calls;
});

// Nothing of it survives the process, and nothing is written: for work that may simply be repeated.
const quick = workflow({ name: 'quick', durable: false }, async () => {
  await sleep('20ms');
  return `worked at call ${await callApi()}`;
});

const client = await createClient({ storage: { backend: 'memory' } });
console.log(await (await client.start(quick)).result());
await client.close();
