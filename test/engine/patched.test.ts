import { describe, expect, test } from 'vitest';
import type { WorkflowEvent } from '../../src/core/event.ts';
import { deprecatePatch, patched } from '../../src/primitives/patched.ts';
import { shield } from '../../src/primitives/shield.ts';
import { sleep } from '../../src/primitives/sleep.ts';
import { type Body, LiveRun } from './live-run.ts';
import { a, b, c } from './steps.ts';

/** Ways to write the same change: the old code calls `b`, the new one `c`. */
const versions = {
  old: async () => void (await b()),
  patched: async () => void (await (patched('swap') ? c() : b())),
  deprecated: async () => {
    deprecatePatch('swap');
    await c();
  },
  removed: async () => void (await c()),
} as const;

type Version = keyof typeof versions;
type Call = () => Promise<void>;

/** Where the change stands in a workflow. */
const places: { readonly [name: string]: (call: Call) => Body } = {
  'at the begin': (call) => async () => {
    await call();
    await a();
  },
  'after a step': (call) => async () => {
    await a();
    await call();
    await a();
  },
  'in a loop': (call) => async () => {
    for (let i = 0; i < 3; i++) {
      await a();
      await call();
    }
  },
  'in two branches': (call) => async () => {
    await Promise.all([a().then(call), sleep(5).then(call), a()]);
  },
  'in a shield, after cancellation': (call) => async () => {
    await sleep(5).catch(() => {});
    await shield(call);
  },
  'twice in a row': (call) => async () => {
    await call();
    await call();
  },
};

/** Plays a workflow to its end, or until its history has `most` deliveries. */
async function advance(run: LiveRun, most: number): Promise<void> {
  for (let i = 0; i < most && run.outcome === null; i++) {
    const [next] = run.waiting;
    if (next === undefined) throw new Error('it waits for nothing');
    if (!next.startsWith('sleep')) await run.complete(next, i);
    else if (i % 2 === 0 && run.waiting.length === 1) await run.cancel();
    else await run.wake(next);
  }
}

const calls = (events: readonly WorkflowEvent[]) =>
  events.flatMap(({ type, data }) => {
    if (type === 'patch.applied') return '*';
    return type === 'step.started' ? data.step_name : [];
  });

describe.each(Object.entries(places))('a change %s', (_place, place) => {
  const code = (version: Version) => place(versions[version]);

  test.each([
    ['old', 'patched'],
    ['patched', 'patched'],
    ['patched', 'deprecated'],
    ['deprecated', 'deprecated'],
    ['deprecated', 'removed'],
  ] as const)('a history of %s code, at any point, fits %s code', async (before, after) => {
    for (let cut = 0; cut < 8; cut++) {
      const first = await LiveRun.start(code(before));
      await advance(first, cut);
      const run = await LiveRun.takeOver(code(after), first.events);
      await advance(run, 20);
      expect(run.outcome?.kind, `${cut}: ${calls(run.events)}`).toMatch(/completed|cancelled/);
      await run.checkReplays(undefined, first.events.length);
      const made = calls(run.events);
      // Whatever way the run has taken, it keeps to it.
      expect(made.includes('b') && made.includes('c'), `${cut}: ${made}`).toBe(false);
      expect(made.filter((call) => call === '*').length).toBeLessThanOrEqual(1);
    }
  });

  test.each([
    ['old', 'removed'],
    ['old', 'deprecated'],
    ['patched', 'removed'],
    ['patched', 'old'],
  ] as const)(
    'a history of %s code that has passed it does not fit %s code',
    async (before, after) => {
      const first = await LiveRun.start(code(before));
      await advance(first, 20);
      const run = await LiveRun.takeOver(code(after), first.events);
      expect(run.outcome?.kind).toBe('diverged');
      expect(run.commands).toEqual([]);
    },
  );
});

test('a new run takes the new way and says so once', async () => {
  const run = await LiveRun.start(async () => [
    patched('x'),
    patched('x'),
    await a(),
    patched('x'),
  ]);
  expect(calls(run.events)).toEqual(['*', 'a']);
  await run.complete('step_a_1', 1);
  expect(run.outcome).toEqual({ kind: 'completed', result: [true, true, 1, true] });
  await run.checkReplays();
});

test('a run that has passed the first call keeps to the old way at all later ones', async () => {
  const old = await LiveRun.start(async () => [await a(), await a()]);
  await old.complete('step_a_1');
  const seen: boolean[] = [];
  const changed = async () => {
    const ways = [patched('x')];
    await a();
    ways.push(patched('x'));
    await a();
    ways.push(patched('x'));
    seen.splice(0, 9, ...ways);
  };
  const run = await LiveRun.takeOver(changed, old.events);
  await run.complete('step_a_2');
  expect(seen).toEqual([false, false, false]);
  await run.checkReplays(undefined, old.events.length);
});

test('at the end of a history the code may take the new way, and has taken it ever after', async () => {
  const old = await LiveRun.start(async () => {
    await Promise.all([a(), b()]);
  });
  await old.complete('step_a_1');
  const changed = async () => {
    await Promise.all([a().then(() => patched('x') && c()), b()]);
  };
  const run = await LiveRun.takeOver(changed, old.events);
  expect(run.asked).toEqual(['step_c_1']);
  expect(calls(run.events)).toEqual(['a', 'b', '*', 'c']);
  await run.complete('step_b_1');
  await run.complete('step_c_1');
  expect(run.outcome?.kind).toBe('completed');
  await run.checkReplays(undefined, old.events.length);
});

test('two patches side by side answer each for itself, in either order', async () => {
  const one = async () => void (patched('x') ? await c() : await b());
  for (const order of [
    ['x', 'y'],
    ['y', 'x'],
  ]) {
    const first = await LiveRun.start(one);
    let seen: unknown;
    const both = async () => {
      const ways = Object.fromEntries(order.map((id) => [id, patched(id)]));
      seen = ways;
      await (ways.x ? c() : b());
    };
    const run = await LiveRun.takeOver(both, first.events);
    expect([run.outcome, seen]).toEqual([null, { x: true, y: false }]);
    await run.checkReplays(undefined, first.events.length);
  }
});

test.each(['', 'a b', 'ä'])('refuses the id %j', async (id) => {
  const run = await LiveRun.start(async () => patched(id));
  expect(run.outcome).toMatchObject({ kind: 'failed', error: { code: 'VALIDATION' } });
});
