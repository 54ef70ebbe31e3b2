import { step, workflow } from '../../../src/index.ts';

const measure = step({ name: 'measure' }, async (n: number) => n * n);
const fail = step({ name: 'fail', maxRetries: 0 }, async (n: number): Promise<number> => {
  throw new RangeError(`no ${n}`);
});

export default workflow({ name: 'scenario.parallel-steps' }, async () => {
  const squares = await Promise.all([3, 1, 2].map((n) => measure(n)));
  const settled = await Promise.allSettled([measure(4), fail(5), measure(6)]);
  return [squares, settled.map((one) => (one.status === 'fulfilled' ? one.value : 'failed'))];
});
