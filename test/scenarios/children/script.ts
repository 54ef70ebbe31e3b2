import type { Script } from '../scenario.ts';
import workflow from './workflow.ts';

const script: Script = async (env) => {
  const run = await env.start(workflow);
  await env.runUntilEnd(run);
  await env.advance('60d');
};

export default script;
