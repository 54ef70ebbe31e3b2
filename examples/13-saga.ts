import { createClient, saga, step, workflow } from 'pyworkflow';

const log: string[] = [];
const note = (line: string) => async () => void log.push(line);
const bookFlight = step({ name: 'bookFlight' }, note('flight booked'));
const cancelFlight = step({ name: 'cancelFlight' }, note('flight cancelled'));
const bookHotel = step({ name: 'bookHotel' }, note('hotel booked'));
const cancelHotel = step({ name: 'cancelHotel' }, note('hotel cancelled'));
const bookCar = step({ name: 'bookCar', maxRetries: 0 }, async () => {
  throw new Error('no car left');
});

const trip = workflow({ name: 'trip' }, async () => {
  await saga(async ({ step }) => {
    await step(bookFlight, () => cancelFlight());
    await step(bookHotel, () => cancelHotel());
    await bookCar();
  });
});

const client = await createClient({ storage: { backend: 'memory' } });
const run = await client.start(trip);
await run.result().catch((error) => console.log(error.cause.message));
// The latest first, each once, whatever happens to the process meanwhile.
console.log(log.join(', '));
await client.close();
