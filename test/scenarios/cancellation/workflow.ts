import { CancellationError, shield, sleep, step, workflow } from '../../../src/index.ts';

const reserve = step({ name: 'reserve' }, async () => 'seat 7');
const release = step({ name: 'release', retryDelay: '1m' }, async (seat: string) => `free ${seat}`);

export default workflow({ name: 'scenario.cancellation' }, async () => {
  const seat = await reserve();
  try {
    await sleep('30d');
  } catch (error) {
    if (!CancellationError.is(error, 'CANCELLED')) throw error;
    await shield(async () => {
      await release(seat);
      await sleep('1h');
    });
    throw error;
  }
  return seat;
});
