import { saga, step, workflow } from '../../../src/index.ts';

const book = step({ name: 'book' }, async (what: string) => `${what} booked`);
const undo = step({ name: 'undo', retryDelay: '1h' }, async (what: string) => `${what} undone`);
const pay = step({ name: 'pay', maxRetries: 1, retryDelay: '10m' }, async () => {
  throw new Error('no money');
});

export default workflow({ name: 'scenario.saga' }, async () =>
  saga(
    async (trip) => {
      await trip.step(() => book('flight'), undo);
      await trip.step(() => book('hotel'), undo);
      await pay();
    },
    { name: 'trip' },
  ),
);
