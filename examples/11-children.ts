import {
  ChildWorkflowFailedError,
  createClient,
  startChildWorkflow,
  step,
  workflow,
} from 'pyworkflow';

const resize = step({ name: 'resize' }, async (image: string, width: number) => {
  if (image === 'broken.png') throw new Error(`${image} is no image`);
  return `${image}@${width}`;
});

const thumbnails = workflow({ name: 'thumbnails' }, async (image: string) =>
  Promise.all([64, 256].map((width) => resize(image, width))),
);

const album = workflow({ name: 'album' }, async (images: string[]) => {
  // Each child is a run of its own, with its own history and retries; they run side by side.
  const made = await Promise.allSettled(
    images.map((image) => startChildWorkflow(thumbnails, image)),
  );
  return made.map((one) => {
    if (one.status === 'fulfilled') return one.value;
    return one.reason instanceof ChildWorkflowFailedError ? one.reason.status : 'lost';
  });
});

// What fails for good need not be tried again and again here.
const client = await createClient({ storage: { backend: 'memory' }, defaultRetries: 0 });
const run = await client.start(album, ['cat.png', 'broken.png', 'dog.png']);
console.log(await run.result());
const { items } = await client.runs.list({ parentRunId: run.runId });
console.log(items.map(({ childId, status }) => `${childId} ${status}`).join(', '));
await client.close();
