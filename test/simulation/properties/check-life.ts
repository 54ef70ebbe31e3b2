import { isFinished } from '../../../src/core/run.ts';
import type { Life } from '../run/live.ts';
import type { Script } from '../run/script.ts';
import { SINGLE } from '../run/script.ts';
import type { World } from '../world/world.ts';
import type { Facts } from './facts.ts';

/** Nothing hangs, one key is one run, one payload is taken for each hook, and it is the one recorded. */
export async function checkLife(
  world: World,
  facts: Facts,
  life: Life,
  script: Script,
): Promise<void> {
  if (!life.over && world.violations.length === 0) await sayWhatHangs(world, facts);
  for (const { program, workflow } of script.roots) {
    const { label } = program;
    const runIds = life.started.get(label) ?? new Set();
    if (runIds.size > 1 && !SINGLE.includes(workflow)) {
      world.violate(`${label} was started ${runIds.size} times under one key`);
    }
    if (life.over && runIds.size === 0 && !SINGLE.includes(workflow)) {
      world.violate(`${label} was never started`);
    }
    const held = facts.runs.filter(
      ({ run }) => run.idempotencyKey === label && run.workflowName === workflow,
    );
    if (held.length > 1) world.violate(`${held.length} runs have the key ${label}`);
  }
  checkPayloads(world, facts, life);
}

async function sayWhatHangs(world: World, facts: Facts): Promise<void> {
  const hanging = facts.runs.filter(({ run }) => !isFinished(run.status));
  world.violate(`it does not come to its end: ${hanging.length} runs`);
  for (const { run, events } of hanging) {
    const log = world.recorder.runs.get(run.runId);
    const last = events.slice(-3).map(({ type }) => type);
    const held = log?.holder ?? 'nobody';
    world.violate(`  ${run.runId} is ${run.status}, held by ${held}: … ${last.join(', ')}`);
  }
}

function checkPayloads(world: World, facts: Facts, { accepted }: Life): void {
  for (const { run, events } of facts.runs) {
    for (const { type, data } of events) {
      if (type !== 'hook.received') continue;
      const payloads = accepted.get(`${run.runId} ${data.hook_id}`) ?? [];
      if (payloads.length > 1) world.violate(`${data.hook_id} took ${payloads.length} payloads`);
      const [payload] = payloads;
      if (payload === undefined) continue;
      if (JSON.stringify(payload) !== JSON.stringify(data.payload)) {
        world.violate(`${data.hook_id} took one payload and recorded another`);
      }
    }
  }
}
