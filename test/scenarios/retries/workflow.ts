import { FatalError, getContext, RetryableError, step, workflow } from '../../../src/index.ts';

const flaky = step({ name: 'flaky', maxRetries: 3, retryDelay: ['1m', '10m', '1h'] }, async () => {
  const { attempt } = getContext() as { attempt: number };
  if (attempt < 3) throw new Error(`attempt ${attempt}`);
  return attempt;
});
const busy = step({ name: 'busy' }, async () => {
  const { attempt } = getContext() as { attempt: number };
  if (attempt === 1) throw new RetryableError('busy', { retryAfter: '5h' });
  return 'free';
});
const hopeless = step({ name: 'hopeless' }, async () => {
  throw new FatalError('no such account', { account: 7 });
});

export default workflow({ name: 'scenario.retries' }, async () => {
  const attempts = await flaky();
  const answer = await busy();
  await hopeless();
  return [attempts, answer];
});
