import fc from 'fast-check';
import { CancellationError } from '../../src/core/errors.ts';
import type { ParentClosePolicy } from '../../src/core/event.ts';
import { continueAsNew } from '../../src/primitives/continue-as-new.ts';
import { hook } from '../../src/primitives/hook.ts';
import { patched } from '../../src/primitives/patched.ts';
import { reportProgress } from '../../src/primitives/report-progress.ts';
import { saga } from '../../src/primitives/saga.ts';
import { shield } from '../../src/primitives/shield.ts';
import { sleep } from '../../src/primitives/sleep.ts';
import { startChildWorkflow } from '../../src/primitives/start-child-workflow.ts';
import type { ChildWorkflowHandle } from '../../src/workflow/child-types.ts';
import { workflowContext } from '../../src/workflow/context.ts';
import { type WorkflowFunction, workflow } from '../../src/workflow/define-workflow.ts';
import { EPOCH, LiveRun } from './live-run.ts';
import { namedStep } from './steps.ts';

const STEP_NAMES = ['a', 'b', 'a_1', 'z'] as const;

/** A workflow as a tree, so that it can be generated, changed and shrunk. */
export type Program =
  | { readonly op: 'step'; readonly name: string }
  /** A step whose arguments cannot be stored. */
  | { readonly op: 'bad'; readonly name: string }
  | { readonly op: 'sleep'; readonly seconds: number; readonly name: string | null }
  | { readonly op: 'until'; readonly seconds: number }
  | {
      readonly op: 'hook';
      readonly name: string;
      readonly expires: boolean;
      readonly announced: boolean;
    }
  | { readonly op: 'child'; readonly name: string; readonly id: string | null }
  /** Starts a child, does the parts, then this with the handle. */
  | {
      readonly op: 'handle';
      readonly name: string;
      readonly policy: ParentClosePolicy;
      readonly use: 'result' | 'twice' | 'status' | 'cancel' | 'saved' | 'forget';
      readonly parts: readonly Program[];
    }
  | { readonly op: 'throw' | 'continue' | 'log' | 'progress' }
  /** then, else */
  | { readonly op: 'patch'; readonly name: string; readonly parts: readonly Program[] }
  /** Each part with an undo. */
  | { readonly op: 'saga'; readonly parallel: boolean; readonly parts: readonly Program[] }
  | { readonly op: 'seq' | 'all' | 'race' | 'settled' | 'any'; readonly parts: readonly Program[] }
  | { readonly op: 'loop'; readonly times: number; readonly parts: readonly Program[] }
  | { readonly op: 'shield' | 'float'; readonly parts: readonly Program[] }
  /** body, handler, finally */
  | { readonly op: 'try'; readonly parts: readonly Program[] }
  /** Starts the first, does the others, awaits the first. */
  | { readonly op: 'later'; readonly parts: readonly Program[] }
  /** then, else */
  | {
      readonly op: 'if';
      readonly by: 'random' | 'now' | 'result';
      readonly parts: readonly Program[];
    };

const steps = new Map(
  [...STEP_NAMES, 'renamed', 'inserted', 'undo'].map((name) => [name, namedStep(name)]),
);

const USES = ['result', 'twice', 'status', 'cancel', 'saved', 'forget'] as const;
const CHILD_NAMES = ['a', 'kid'] as const;
const children = new Map(
  [...CHILD_NAMES, 'renamed'].map((name) => [name, workflow({ name }, async () => 0)]),
);

/** The workflow function of a program. Its result tells in which order everything happened. */
export function workflowOf(program: Program): () => Promise<unknown> {
  return async () => {
    const run = new Interpreter();
    try {
      return [await run.do(program), run.trace];
    } catch (error) {
      if (CancellationError.is(error, 'CANCELLED')) throw error;
      throw new Error(`${told(error)} after ${run.trace.join(' ')}`);
    }
  };
}

class Interpreter {
  readonly trace: string[] = [];
  #last = 0;

  async do(program: Program): Promise<number> {
    switch (program.op) {
      case 'step':
        return this.#got(program.name, await steps.get(program.name)?.(this.#last));
      case 'bad':
        return this.#got(program.name, await steps.get(program.name)?.(() => {}));
      case 'sleep': {
        const { seconds, name } = program;
        return this.#got('sleep', await sleep(seconds, name === null ? {} : { name }));
      }
      case 'until':
        return this.#got('until', await sleep(new Date(EPOCH + program.seconds * 1000)));
      case 'hook': {
        const { name, expires, announced } = program;
        const wait = hook(name, {
          ...(expires && { timeout: 60 }),
          ...(announced && { onCreated: () => {} }),
        });
        return this.#got(name, await wait);
      }
      case 'child': {
        const options = program.id === null ? {} : { id: program.id };
        return this.#got(program.name, await startChildWorkflow(childOf(program), {}, options));
      }
      case 'handle':
        return this.#handle(program);
      case 'throw':
        throw new Error('thrown');
      case 'continue':
        return continueAsNew(this.#last);
      case 'log':
        workflowContext('log').recordLog('info', `line ${this.#last}`, {});
        return this.#last;
      case 'progress':
        reportProgress(this.#last);
        return this.#last;
      case 'patch': {
        const [yes, no] = program.parts;
        const isNew = patched(program.name);
        this.trace.push(`${program.name} ${isNew}`);
        const chosen = isNew ? yes : no;
        return chosen ? this.do(chosen) : 0;
      }
      case 'saga':
        return this.#saga(program);
      case 'seq':
        return this.#seq(program.parts);
      case 'all':
        return (await Promise.all(program.parts.map((part) => this.do(part)))).length;
      case 'race':
        return Promise.race(program.parts.map((part) => this.do(part)));
      case 'any':
        return Promise.any(program.parts.map((part) => this.do(part)));
      case 'settled': {
        const settled = await Promise.allSettled(program.parts.map((part) => this.do(part)));
        return settled.filter(({ status }) => status === 'rejected').length;
      }
      case 'loop': {
        for (let i = 0; i < program.times; i++) await this.#seq(program.parts);
        return program.times;
      }
      case 'shield':
        return shield(() => this.#seq(program.parts));
      case 'float':
        this.#seq(program.parts).catch((error) => this.trace.push(`floated ${told(error)}`));
        return 0;
      case 'try': {
        const [body, handler, last] = program.parts;
        try {
          return await this.#seq(body ? [body] : []);
        } catch (error) {
          this.trace.push(`caught ${told(error)}`);
          return await this.#seq(handler ? [handler] : []);
        } finally {
          this.trace.push('finally');
          await this.#seq(last ? [last] : []);
        }
      }
      case 'later': {
        const [first, ...others] = program.parts;
        const begun = this.#seq(first ? [first] : []);
        begun.catch(() => {});
        await this.#seq(others);
        return begun;
      }
      case 'if': {
        const [yes, no] = program.parts;
        const chosen = this.#decide(program.by) ? yes : no;
        return chosen ? this.do(chosen) : 0;
      }
    }
  }

  async #handle(program: Extract<Program, { op: 'handle' }>): Promise<number> {
    const options = { waitForCompletion: false, parentClosePolicy: program.policy } as const;
    const handle: ChildWorkflowHandle = await startChildWorkflow(childOf(program), {}, options);
    this.trace.push(handle.childRunId);
    await this.#seq(program.parts);
    switch (program.use) {
      case 'result':
        return this.#got('result', await handle.result());
      case 'twice': {
        const both = await Promise.allSettled([handle.result(), handle.result()]);
        return this.#got('results', both.map(({ status }) => status).join());
      }
      case 'status':
        return this.#got('status', await handle.status());
      case 'cancel':
        return this.#got('cancel', await handle.cancel('no more'));
      case 'saved':
        return this.#got('saved', await shield(() => handle.result()));
      case 'forget':
        return this.#last;
    }
  }

  #saga({ parallel, parts }: Extract<Program, { op: 'saga' }>): Promise<number> {
    const undone = async (result: number) => {
      this.trace.push(`undo ${result}`);
      await steps.get('undo')?.(result);
    };
    return saga(async (saga) => {
      if (parallel) {
        const all = parts.map((part) => saga.step(() => this.do(part), undone));
        return (await Promise.all(all)).length;
      }
      let last = 0;
      for (const part of parts) last = await saga.step(() => this.do(part), undone);
      return last;
    });
  }

  async #seq(parts: readonly Program[]): Promise<number> {
    let last = 0;
    for (const part of parts) last = await this.do(part);
    return last;
  }

  #decide(by: 'random' | 'now' | 'result'): boolean {
    const value = { random: Math.random() * 100, now: Date.now(), result: this.#last }[by];
    this.trace.push(`${by} ${value}`);
    return Math.floor(value) % 2 === 0;
  }

  #got(what: string, value: unknown): number {
    if (typeof value === 'number') this.#last = value;
    this.trace.push(`${what}=${JSON.stringify(value)}`);
    return this.#last;
  }
}

function childOf({ name }: { readonly name: string }) {
  const child = children.get(name);
  if (child === undefined) throw new Error(`no child ${name}`);
  return child as WorkflowFunction<unknown, unknown>;
}

function told(error: unknown): string {
  const { name, message } = error as Error;
  const errors = error instanceof AggregateError ? ` [${error.errors.map(told).join(', ')}]` : '';
  return `${name} ${message}${errors}`;
}

export const arbitraryProgram: fc.Arbitrary<Program> = fc
  .letrec<{ node: Program; parts: Program[] }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf(),
      {
        weight: 4,
        arbitrary: fc.record({
          op: fc.constantFrom(
            ...([
              'seq',
              'try',
              'all',
              'race',
              'settled',
              'any',
              'shield',
              'float',
              'try',
              'later',
            ] as const),
          ),
          parts: tie('parts'),
        }),
      },
      fc.record({
        op: fc.constant('loop' as const),
        times: fc.integer({ min: 1, max: 3 }),
        parts: tie('parts'),
      }),
      fc.record({
        op: fc.constant('handle' as const),
        name: fc.constantFrom(...CHILD_NAMES),
        policy: fc.constantFrom(
          'terminate' as const,
          'request_cancel' as const,
          'abandon' as const,
        ),
        use: fc.constantFrom(...USES),
        parts: tie('parts'),
      }),
      fc.record({
        op: fc.constant('saga' as const),
        parallel: fc.boolean(),
        parts: tie('parts'),
      }),
      fc.record({
        op: fc.constant('patch' as const),
        name: fc.constantFrom('p', 'q'),
        parts: tie('parts'),
      }),
      fc.record({
        op: fc.constant('if' as const),
        by: fc.constantFrom('random' as const, 'now' as const, 'result' as const),
        parts: tie('parts'),
      }),
    ),
    parts: fc.array(tie('node'), { maxLength: 4, depthIdentifier: 'parts' }),
  }))
  .node.chain((node) =>
    // A lone leaf is dull.
    fc
      .array(leaf(), { minLength: 1, maxLength: 3 })
      .map((more) => ({ op: 'seq', parts: [...more, node, ...more] }) as const),
  );

function leaf(): fc.Arbitrary<Program> {
  const name = fc.constantFrom(...STEP_NAMES);
  return fc.oneof(
    { weight: 16, arbitrary: fc.record({ op: fc.constant('step' as const), name }) },
    {
      weight: 5,
      arbitrary: fc.record({
        op: fc.constant('sleep' as const),
        seconds: fc.constantFrom(0, 1, 5),
        name: fc.constantFrom(null, 'a', '1'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        op: fc.constant('until' as const),
        seconds: fc.integer({ min: -1, max: 20 }),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        op: fc.constant('hook' as const),
        name: fc.constantFrom('a', 'h'),
        expires: fc.boolean(),
        announced: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('bad' as const), name }) },
    {
      weight: 4,
      arbitrary: fc.record({
        op: fc.constant('child' as const),
        name: fc.constantFrom(...CHILD_NAMES),
        id: fc.constantFrom(null, 'a', '1'),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ op: fc.constantFrom('log' as const, 'progress' as const) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ op: fc.constantFrom('throw' as const, 'continue' as const) }),
    },
  );
}

/** Runs a program to its end, or for some sixty events; `seed` decides what happens when. */
export async function play(program: Program, seed: number): Promise<LiveRun> {
  const random = generator(seed);
  const run = await LiveRun.start(workflowOf(program));
  return goOn(run, random, 60);
}

/** Goes on with a run until it ends, or its history has `most` events. */
export async function goOn(run: LiveRun, random: () => number, most: number): Promise<LiveRun> {
  const chance = (probability: number) => random() < probability;
  while (run.outcome === null && run.events.length < most) {
    if (chance(0.7)) run.later(Math.floor(random() * 3000));
    if (chance(0.04)) {
      crash(run);
    } else if (run.session.cancelled === null && chance(0.03)) {
      await run.cancel(chance(0.5) ? 'enough' : null);
    } else {
      const waiting = [...run.session.pending.keys(), ...run.openChildren];
      const next = waiting[Math.floor(random() * waiting.length)];
      if (next === undefined) break;
      await happen(run, next, random);
    }
  }
  return run;
}

async function happen(run: LiveRun, id: string, random: () => number): Promise<void> {
  const pending = run.session.pending.get(id);
  const value = Math.floor(random() * 10);
  const luck = random();
  if (pending === undefined) {
    if (luck < 0.6) await run.childCompletes(id, value);
    else if (luck < 0.8) await run.childFails(id, new RangeError(`no ${value}`));
    else await run.childIsCancelled(id, 'stopped');
  } else if (pending.kind === 'sleep') await run.wake(id);
  else if (pending.kind === 'hook') {
    const mayExpire = run.events.some(
      (event) =>
        event.type === 'hook.created' && event.data.hook_id === id && event.data.expires_at,
    );
    await (mayExpire && luck < 0.3 ? run.expire(id) : run.receive(id, value));
  } else if (pending.step?.retryAt != null) run.restart(id);
  else if (luck < 0.15) run.retry(id);
  else if (luck < 0.22) await run.fail(id, new RangeError(`no ${value}`));
  else await run.complete(id, value);
}

/** The process died; another one begins again what ran. */
function crash(run: LiveRun): void {
  run.interrupt();
  for (const { id, step } of run.session.pending.values()) {
    if (step !== undefined && step.retryAt === null) run.restart(id);
  }
}

/** mulberry32 */
export function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export type Mutation = 'rename' | 'remove' | 'insert' | 'replace' | 'swap' | 'patch';

/** Changes one call of a program: the `at`th, counted around. */
export function mutate(program: Program, mutation: Mutation, at: number): Program {
  let index = at % countCalls(program);
  const change = (node: Program): Program => {
    if ('parts' in node) {
      const swapped = mutation === 'swap' ? swapAt(node.parts) : node.parts;
      return { ...node, parts: swapped.map(change) };
    }
    if (!isCall(node) || index-- !== 0) return node;
    const inserted = { op: 'step', name: 'inserted' } as const;
    switch (mutation) {
      case 'rename':
        return 'name' in node ? { ...node, name: 'renamed' } : inserted;
      case 'remove':
        return { op: 'seq', parts: [] };
      case 'insert':
        return { op: 'seq', parts: at % 2 === 0 ? [inserted, node] : [node, inserted] };
      case 'patch': {
        const changed = { op: 'seq', parts: at % 3 === 0 ? [inserted] : [inserted, node] } as const;
        return { op: 'patch', name: 'change', parts: [changed, node] };
      }
      case 'replace':
        return node.op === 'step' ? { op: 'sleep', seconds: 1, name: node.name } : inserted;
      case 'swap':
        return node;
    }
  };
  const swapAt = (parts: readonly Program[]): readonly Program[] => {
    const first = parts.findIndex(
      (part, i) => isCall(part) && parts[i + 1] !== undefined && index-- === 0,
    );
    if (first < 0) return parts;
    const [one, two] = parts.slice(first, first + 2) as [Program, Program];
    return parts.with(first, two).with(first + 1, one);
  };
  return change(program);
}

function isCall(node: Program): boolean {
  return ['step', 'sleep', 'until', 'hook', 'bad', 'child'].includes(node.op);
}

function countCalls(node: Program): number {
  if ('parts' in node) return node.parts.reduce((sum, part) => sum + countCalls(part), 0) || 1;
  return isCall(node) ? 1 : 0;
}
