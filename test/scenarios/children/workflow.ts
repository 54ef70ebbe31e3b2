import {
  ChildWorkflowFailedError,
  sleep,
  startChildWorkflow,
  step,
  workflow,
} from '../../../src/index.ts';

const pack = step({ name: 'pack' }, async (item: string) => `${item} packed`);
const lose = step({ name: 'lose', maxRetries: 0 }, async (): Promise<string> => {
  throw new Error('lost');
});

const ship = workflow({ name: 'scenario.children.ship' }, async (item: string) => {
  await sleep('1d');
  return pack(item);
});
const fail = workflow({ name: 'scenario.children.fail' }, async () => lose());
const audit = workflow({ name: 'scenario.children.audit' }, async () => sleep('30d'));

export default workflow({ name: 'scenario.children' }, async () => {
  const both = await Promise.all([
    startChildWorkflow(ship, 'tea'),
    startChildWorkflow(ship, 'milk', { id: 'second' }),
  ]);
  const options = { waitForCompletion: false, parentClosePolicy: 'abandon' } as const;
  const audited = await startChildWorkflow(audit, undefined, options);
  const failed = await startChildWorkflow(fail).catch((error: unknown) =>
    error instanceof ChildWorkflowFailedError ? error.message.replace(/run_\w+/, 'it') : 'strange',
  );
  return [both, await audited.status(), failed];
});
