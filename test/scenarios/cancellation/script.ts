import type { Script } from '../scenario.ts';
import workflow from './workflow.ts';

const script: Script = async (env) => {
  const run = await env.start(workflow);
  await env.advance('2d');
  await run.cancel('the customer called');
  await env.runUntilEnd(run);
};

export default script;
