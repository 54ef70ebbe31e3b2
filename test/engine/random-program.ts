import fc from 'fast-check';
import { CancellationError } from '../../src/core/errors.ts';
import { hook } from '../../src/primitives/hook.ts';
import { shield } from '../../src/primitives/shield.ts';
import { sleep } from '../../src/primitives/sleep.ts';
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
  | { readonly op: 'throw' }
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
  [...STEP_NAMES, 'renamed', 'inserted'].map((name) => [name, namedStep(name)]),
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
      case 'throw':
        throw new Error('thrown');
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
    { weight: 1, arbitrary: fc.constant({ op: 'throw' as const }) },
  );
}

/** Runs a program to its end, or for some sixty events; `seed` decides what happens when. */
export async function play(program: Program, seed: number): Promise<LiveRun> {
  const random = generator(seed);
  const chance = (probability: number) => random() < probability;
  const run = await LiveRun.start(workflowOf(program));
  while (run.outcome === null && run.events.length < 60) {
    if (chance(0.7)) run.later(Math.floor(random() * 3000));
    if (chance(0.04)) {
      crash(run);
    } else if (run.session.cancelled === null && chance(0.03)) {
      await run.cancel(chance(0.5) ? 'enough' : null);
    } else {
      const waiting = [...run.session.pending.values()];
      const next = waiting[Math.floor(random() * waiting.length)];
      if (next === undefined) break;
      await happen(run, next.id, random);
    }
  }
  return run;
}

async function happen(run: LiveRun, id: string, random: () => number): Promise<void> {
  const pending = run.session.pending.get(id);
  const value = Math.floor(random() * 10);
  const luck = random();
  if (pending?.kind === 'sleep') await run.wake(id);
  else if (pending?.kind === 'hook') {
    const mayExpire = run.events.some(
      (event) =>
        event.type === 'hook.created' && event.data.hook_id === id && event.data.expires_at,
    );
    await (mayExpire && luck < 0.3 ? run.expire(id) : run.receive(id, value));
  } else if (pending?.step?.retryAt != null) run.restart(id);
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
function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export type Mutation = 'rename' | 'remove' | 'insert' | 'replace' | 'swap';

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
        if (node.op === 'until' || node.op === 'throw') return inserted;
        return { ...node, name: 'renamed' };
      case 'remove':
        return { op: 'seq', parts: [] };
      case 'insert':
        return { op: 'seq', parts: at % 2 === 0 ? [inserted, node] : [node, inserted] };
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
  return ['step', 'sleep', 'until', 'hook', 'bad'].includes(node.op);
}

function countCalls(node: Program): number {
  if ('parts' in node) return node.parts.reduce((sum, part) => sum + countCalls(part), 0) || 1;
  return isCall(node) ? 1 : 0;
}
