import type { World } from '../world/world.ts';

/** After a commit: no gate is held by more runs than its limit allows, but where somebody may join. */
export async function checkGates(world: World): Promise<void> {
  const { runs, joined } = world.recorder;
  for (const [runId, { finished, gated }] of runs) {
    if (finished || !gated) continue;
    for (const { name, holders, limit } of await world.hub.store.readGates(runId)) {
      if (holders <= limit || joined.has(name)) continue;
      world.violate(`gate ${name} is held by ${holders} runs, and its limit is ${limit}`);
    }
  }
}
