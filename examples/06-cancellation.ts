import { CancellationError, createClient, getContext, shield, step, workflow } from 'pyworkflow';

const reserve = step({ name: 'reserve' }, async (room: string) => `reserved ${room}`);
const release = step({ name: 'release' }, async (room: string) => console.log('released', room));

const slowPayment = step({ name: 'slowPayment' }, async () => {
  const { signal } = getContext();
  // A step that listens to its signal stops at once; one that does not is abandoned.
  await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
});

const book = workflow({ name: 'book' }, async ({ room }: { room: string }) => {
  await reserve(room);
  try {
    await slowPayment();
    return 'booked';
  } catch (error) {
    if (error instanceof CancellationError) await shield(() => release(room));
    throw error;
  }
});

const client = await createClient({ storage: { backend: 'memory' } });
const run = await client.start(book, { room: '101' });
await new Promise((resolve) => setTimeout(resolve, 100));
await run.cancel('the guest changed their mind');
try {
  await run.result();
} catch (error) {
  console.log((error as Error).message, '·', await run.status());
}
await client.close();
