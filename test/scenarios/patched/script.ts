import type { Script } from '../scenario.ts';
import workflow from './workflow.ts';

const script: Script = async (env) => {
  await env.runUntilEnd(await env.start(workflow, 'Ann'));
};

export default script;
