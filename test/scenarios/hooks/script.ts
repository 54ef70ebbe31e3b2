import type { Script } from '../scenario.ts';
import workflow from './workflow.ts';

const script: Script = async (env) => {
  const run = await env.start(workflow);
  await env.advance('1d');
  const [waiting] = (await env.client.hooks.list({ runId: run.runId, status: 'pending' })).items;
  await env.client.hooks.resume(waiting?.token ?? '', { ok: true });
  await env.advance('3d');
  env.answerHook('approval', 'at last', { after: '1h' });
  await env.runUntilEnd(run);
};

export default script;
