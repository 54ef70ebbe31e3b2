import {
  createClient,
  FatalError,
  getContext,
  RetryableError,
  StepFailedError,
  step,
  workflow,
} from 'pyworkflow';

const flaky = step({ name: 'flaky', maxRetries: 3, retryDelay: ['50ms', '100ms'] }, async () => {
  const context = getContext();
  const attempt = context.kind === 'step' ? context.attempt : 1;
  if (attempt < 3) throw new Error(`attempt ${attempt} failed`);
  return `succeeded at attempt ${attempt}`;
});

const rateLimited = step({ name: 'rateLimited' }, async () => {
  const context = getContext();
  // The service says when to come back: that wins over the step's own policy.
  if (context.kind === 'step' && context.attempt === 1) {
    throw new RetryableError('429 Too Many Requests', { retryAfter: '80ms' });
  }
  return 'let through';
});

const hopeless = step({ name: 'hopeless' }, async () => {
  throw new FatalError('the card is stolen');
});

const retries = workflow({ name: 'retries' }, async () => {
  const first = await flaky();
  const second = await rateLimited();
  try {
    await hopeless();
  } catch (error) {
    if (!(error instanceof StepFailedError)) throw error;
    return [first, second, `gave up: ${(error.cause as Error).message}`];
  }
  return [first, second];
});

const client = await createClient({ storage: { backend: 'memory' } });
const run = await client.start(retries);
console.log(await run.result());
for (const event of await client.runs.events(run.runId)) {
  if (event.type === 'step.retrying')
    console.log(`${event.data.step_id}: again in ${event.data.retry_after} s`);
}
await client.close();
