import { continueAsNew, sleep, step, workflow } from '../../../src/index.ts';

const poll = step({ name: 'poll' }, async (page: number) => page * 10);

export default workflow(
  { name: 'scenario.continue-as-new', tags: ['loop'] },
  async ({ page, sum }: { page: number; sum: number }): Promise<number> => {
    const next = sum + (await poll(page));
    await sleep('1d');
    return page === 3 ? next : continueAsNew({ page: page + 1, sum: next });
  },
);
