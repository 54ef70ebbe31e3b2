import type { Script } from '../scenario.ts';
import workflow from './workflow.ts';

const script: Script = async (env) => {
  const input = { when: new Date(0), tags: new Set(['a']), nested: { big: 5n } };
  await env.runUntilEnd(await env.start(workflow, input));
};

export default script;
