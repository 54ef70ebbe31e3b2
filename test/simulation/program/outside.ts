import { FatalError } from '../../../src/core/errors.ts';
import type { HookRecord } from '../../../src/core/hook.ts';
import { getContext } from '../../../src/workflow/context.ts';
import type { Host } from '../world/host.ts';
import type { World } from '../world/world.ts';
import type { Deed } from './interpreter.ts';

/** What workflows have an effect on: it remembers everything that was done to it. */
export interface Outside {
  /** The body of every step. */
  perform(host: Host, step: string, args: readonly unknown[]): Promise<string>;
  /** Told of every new hook. */
  onHook: (hook: HookRecord) => void;
  /** Told of every run that is parked. */
  onParked: (runId: string) => void;
}

export function createOutside(world: World): Outside {
  async function perform(host: Host, step: string, args: readonly unknown[]): Promise<string> {
    const { key, fails, ms } = args[0] as Deed;
    const context = getContext();
    if (context.kind !== 'step') throw new Error('a step without its context');
    const { runId, stepId, attempt } = context;
    world.count('steps');
    world.trace(() => `${host.name} ${step} ${key} (${runId} ${stepId} #${attempt})`);
    world.recorder.stepBegins(host, runId, stepId);
    if (step === 'hang' && attempt <= fails) await new Promise(() => {});
    if (ms > 0) await new Promise<void>((resolve) => host.clock.after(ms, resolve));
    if (step === 'fatal') throw new FatalError(`${key} fails for good`);
    if (attempt <= fails) throw new Error(`${key} fails, attempt ${attempt}`);
    return key;
  }

  return {
    perform,
    onHook: () => {},
    onParked: () => {},
  };
}
