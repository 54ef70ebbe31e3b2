import { CancellationError } from '../../../src/core/errors.ts';
import { continueAsNew } from '../../../src/primitives/continue-as-new.ts';
import { hook } from '../../../src/primitives/hook.ts';
import { patched } from '../../../src/primitives/patched.ts';
import { saga } from '../../../src/primitives/saga.ts';
import { shield } from '../../../src/primitives/shield.ts';
import { sleep } from '../../../src/primitives/sleep.ts';
import { startChildWorkflow } from '../../../src/primitives/start-child-workflow.ts';
import type { ChildWorkflowHandle } from '../../../src/workflow/child-types.ts';
import { step } from '../../../src/workflow/define-step.ts';
import { type WorkflowOptions, workflow } from '../../../src/workflow/define-workflow.ts';
import type { WorkflowDefinition } from '../../../src/workflow/workflow-definition.ts';
import type { Node, Program } from './program.ts';

/** What the outside world is asked to do, see `outside.ts`: the steps themselves do nothing. */
export interface Deed {
  readonly key: string;
  readonly fails: number;
  readonly ms: number;
}

type DeedStep = (deed: Deed) => Promise<string>;

async function nothing(_deed: Deed): Promise<string> {
  throw new Error('a step has run outside of the simulation');
}

const RETRIES = { maxRetries: 3, retryDelay: ['200ms', '1s', '2s'] } as const;
const act: DeedStep = step({ name: 'act', ...RETRIES, jitter: true }, nothing);
const undo: DeedStep = step({ name: 'undo', ...RETRIES }, nothing);
const fail: DeedStep = step({ name: 'fail', maxRetries: 1, retryDelay: ['300ms'] }, nothing);
const fatal: DeedStep = step({ name: 'fatal' }, nothing);
const hang: DeedStep = step({ name: 'hang', ...RETRIES, timeout: '1500ms' }, nothing);
const limited: DeedStep = step({ name: 'limited', rateLimit: { limit: 2, per: '2s' } }, nothing);

const deed = (key: string, ms = 0, fails = 0): Deed => ({ key, ms, fails });

async function run(program: Program): Promise<unknown> {
  try {
    const value = await perform(program.body);
    if (program.left > 0) return await continueAsNew({ ...program, left: program.left - 1 });
    if (program.throws) throw new Error(`!${program.label}`);
    return value;
  } finally {
    if (program.cleansUp) await shield(() => act(deed(`${program.label}/cleanup`)));
  }
}

async function perform(node: Node): Promise<unknown> {
  switch (node.k) {
    case 'do':
      return act(deed(node.key, node.ms, node.fails));
    case 'hang':
      return hang(deed(node.key, 0, 1));
    case 'limited':
      return limited(deed(node.key));
    case 'fail':
      return (node.fatal ? fatal : fail)(deed(node.key, 0, 100)).catch(unless(`!${node.key}`));
    case 'sleep':
      await sleep(`${node.ms}ms`);
      return null;
    case 'ask':
      return ask(node);
    case 'seq': {
      const values: unknown[] = [];
      for (const part of node.nodes) values.push(await perform(part));
      return values;
    }
    case 'all':
      return Promise.all(node.nodes.map(perform));
    case 'race':
      return Promise.race(node.nodes.map(perform));
    case 'child':
      return child(node);
    case 'saga':
      return undoable(node);
    case 'shield':
      return shield(() => perform(node.node));
    case 'patched':
      return patched(node.id);
    case 'trap':
      return 'passed';
  }
}

async function ask({ key, expiryMs, answered }: Extract<Node, { k: 'ask' }>): Promise<unknown> {
  const name = `${answered ? 'ask' : 'mute'}/${key}`;
  const wait = hook<{ key: string }>(name, expiryMs === null ? {} : { timeout: `${expiryMs}ms` });
  try {
    return (await wait).key;
  } catch (error) {
    return unless(`?${key}`)(error);
  }
}

async function child(node: Extract<Node, { k: 'child' }>): Promise<unknown> {
  const options = { id: node.id, parentClosePolicy: node.policy };
  const failed = (error: unknown) => {
    if (CancellationError.is(error, 'CANCELLED')) throw error;
    const { cause } = error as { cause?: unknown };
    return CancellationError.is(cause, 'CANCELLED') ? 'cancelled' : (cause as Error)?.message;
  };
  if (node.mode === 'wait') {
    return startChildWorkflow(node.workflow, node.program, options).catch(failed);
  }
  const handle: ChildWorkflowHandle = await startChildWorkflow(node.workflow, node.program, {
    ...options,
    waitForCompletion: false,
  });
  if (node.mode === 'forget') return 'begun';
  if (node.mode === 'later') await act(deed(`${node.id}/meanwhile`, 50));
  if (node.mode === 'cancel') await handle.cancel('no longer wanted');
  return handle.result().catch(failed);
}

async function undoable(node: Extract<Node, { k: 'saga' }>): Promise<unknown> {
  const body = saga(
    async (it) => {
      const once = (key: string) =>
        it.step(
          () => act(deed(key, 20)),
          () => undo(deed(`undo ${key}`, 20, key.length % 2)),
        );
      if (node.parallel) await Promise.all(node.keys.map(once));
      else for (const key of node.keys) await once(key);
      if (node.fails) throw new Error('the saga fails');
      return node.keys;
    },
    { name: 'simulated' },
  );
  return body.catch(unless(`undone ${node.key}`));
}

/** What is given instead of an error; but whoever is told to stop stops. */
function unless(value: string): (error: unknown) => string {
  return (error) => {
    if (CancellationError.is(error, 'CANCELLED')) throw error;
    return value;
  };
}

const define = (name: string, options: WorkflowOptions<Program> = {}) =>
  workflow({ name, maxRecoveryAttempts: 1_000_000, ...options }, run);

const key = (program: Program) => program.key;
define('plain');
define('limited', { concurrency: { limit: 2 } });
define('keyed', { concurrency: { limit: 3, perKey: 1, key } });
define('single', { singleton: { key } });
define('existing', { singleton: { key, onConflict: 'return_existing' } });
define('replacing', { singleton: { key, onConflict: 'cancel_existing' } });

/** A deployment that waits for what is no primitive: the run is parked. */
export function inBrokenCode(definition: WorkflowDefinition): WorkflowDefinition {
  const fn = async (program: Program) => {
    if (hasTrap(program.body)) await new Promise(() => {});
    return run(program);
  };
  return { ...definition, fn: fn as WorkflowDefinition['fn'] };
}

function hasTrap(node: Node): boolean {
  if (node.k === 'trap') return true;
  return 'nodes' in node && node.nodes.some(hasTrap);
}
