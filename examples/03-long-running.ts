import { createClient, sleep, step, workflow } from 'pyworkflow';

const remind = step({ name: 'remind' }, async (user: string, what: string) => {
  console.log(`mail to ${user}: ${what}`);
});

const onboarding = workflow({ name: 'onboarding' }, async ({ user }: { user: string }) => {
  await remind(user, 'welcome');
  await sleep('3s');
  await remind(user, 'tips to get started');
  await sleep('3s');
  await remind(user, 'how is it going?');
  return `${user} is on board`;
});

// Stop it with Ctrl-C or kill -9 at any time and start it again: the key finds the same run, and no
// mail is sent twice. In production the sleeps are days.
const client = await createClient();
await client.startWorker();
const run = await client.start(
  onboarding,
  { user: 'ada' },
  { idempotencyKey: `onboarding-${process.argv[2] ?? 'ada'}` },
);
console.log(run.alreadyStarted ? 'going on with' : 'started', run.runId);
console.log(await run.result());
await client.close();
