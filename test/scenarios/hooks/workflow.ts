import { HookExpiredError, hook, step, workflow } from '../../../src/index.ts';

const send = step({ name: 'send' }, async (kind: string) => `sent ${kind}`);

export default workflow({ name: 'scenario.hooks' }, async () => {
  const approval = hook<{ ok: boolean }>('approval', { timeout: '7d' });
  const sent = await send('approval');
  const { ok } = await approval;
  const late = await hook('reminder', { timeout: '2d' }).then(
    () => 'received',
    (error: unknown) => (HookExpiredError.is(error, 'HOOK_EXPIRED') ? 'expired' : 'failed'),
  );
  const again = await hook<string>('approval');
  return [sent, ok, late, again];
});
