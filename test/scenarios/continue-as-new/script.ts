import type { Script } from '../scenario.ts';
import workflow from './workflow.ts';

const script: Script = async (env) => {
  const run = await env.start(workflow, { page: 1, sum: 0 });
  await env.runUntilEnd(run);
};

export default script;
