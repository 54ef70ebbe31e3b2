import { sleep, step, workflow } from '../../../src/index.ts';

const quick = step({ name: 'quick' }, async () => 'quick');
const cheap = step(
  { name: 'cheap', maxRetries: 1, retryDelay: '1h' },
  async (): Promise<string> => {
    throw new Error('sold out');
  },
);

export default workflow({ name: 'scenario.race' }, async () => {
  const first = await Promise.race([sleep('1d').then(() => 'slow'), quick()]);
  const second = await Promise.race([sleep('10m').then(() => 'timeout'), cheap()]);
  const third = await Promise.any([cheap(), sleep('2d').then(() => 'two days')]);
  return [first, second, third];
});
