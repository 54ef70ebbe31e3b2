import { createClient, patched, sleep, step, workflow } from 'pyworkflow';

const pay = step({ name: 'pay' }, async () => 'paid');
const checkFraud = step({ name: 'checkFraud' }, async () => 'clean');

let deployed = 1;

// In real life these are two deployments of one file; here a variable plays the part.
const checkout = workflow({ name: 'checkout' }, async () => {
  const done: string[] = [];
  // Runs that have passed this point keep to the old way, all others take the new one.
  if (deployed === 2 && patched('add-fraud-check')) done.push(await checkFraud());
  done.push(await pay());
  await sleep('200ms');
  return done;
});

// Without warm sessions every wake-up replays, as after a deployment.
const client = await createClient({ storage: { backend: 'memory' }, worker: { cacheSize: 0 } });
const old = await client.start(checkout);
await sleep('50ms');
deployed = 2;
const young = await client.start(checkout);
console.log('old', await old.result());
console.log('new', await young.result());
await client.close();
