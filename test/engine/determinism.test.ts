import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { NonDeterminismError, StuckWorkflowError } from '../../src/core/errors.ts';
import { replay } from '../../src/engine/replay.ts';
import { hook } from '../../src/primitives/hook.ts';
import { shield } from '../../src/primitives/shield.ts';
import { sleep } from '../../src/primitives/sleep.ts';
import { currentContext } from '../../src/workflow/context.ts';
import { type Body, copy, idsOf, LiveRun, newSession, RUN_ID } from './live-run.ts';
import { a, b, c } from './steps.ts';

const FILE = fileURLToPath(import.meta.url);

/** `file:line` of the line of this file that ends with that comment. */
function lineOf(mark: string): string {
  const line = readFileSync(FILE, 'utf8')
    .split('\n')
    .findIndex((text) => text.trimEnd().endsWith(`// ${mark}`));
  return `${FILE}:${line + 1}`;
}

async function diverged(changed: Body, run: LiveRun) {
  const session = newSession(changed);
  const commands = await replay(session, copy(run.events));
  const { outcome } = session;
  expect(outcome?.kind).toBe('diverged');
  expect(commands).toEqual([]);
  return outcome?.kind === 'diverged' ? outcome.divergence : null;
}

describe('a history and code that differ', () => {
  /** started · step a · a done · sleep · woken · step b · b done · step c */
  const recorded = async () => {
    const run = await LiveRun.start(async () => {
      await a();
      await sleep(1);
      await b();
      await c();
    });
    await run.complete('step_a_1');
    await run.wake('sleep_1');
    await run.complete('step_b_1');
    return run;
  };

  test('renamed step', async () => {
    const divergence = await diverged(
      async () => {
        await a();
        await sleep(1);
        await c(); // RENAMED
      },
      await recorded(),
    );
    expect(divergence).toEqual({
      sequence: 6,
      recorded: "step 'b' (step_b_1)",
      requested: "step 'c' (step_c_1)",
      source: expect.stringMatching(startOf(lineOf('RENAMED'))),
    });
    const { message, hint, details } = new NonDeterminismError(RUN_ID, divergence as never);
    expect(message).toBe(
      `The code of run ${RUN_ID} no longer fits its history at event 6: recorded was step 'b' ` +
        `(step_b_1), the code asks for step 'c' (step_c_1) at ${divergence?.source}`,
    );
    expect(hint).toContain(`pyworkflow runs resume ${RUN_ID}`);
    expect(details).toMatchObject({ sequence: 6 });
  });

  test('swapped order', async () => {
    const divergence = await diverged(
      async () => {
        await sleep(1); // SWAPPED
        await a();
      },
      await recorded(),
    );
    expect(divergence).toEqual({
      sequence: 2,
      recorded: "step 'a' (step_a_1)",
      requested: 'sleep (sleep_1)',
      source: expect.stringMatching(startOf(lineOf('SWAPPED'))),
    });
  });

  test('swapped order of parallel steps', async () => {
    const run = await LiveRun.start(() => Promise.all([a(), b()]));
    const divergence = await diverged(() => Promise.all([b(), a()]), run);
    expect(divergence).toMatchObject({ sequence: 2, recorded: "step 'a' (step_a_1)" });
  });

  test('removed step', async () => {
    const divergence = await diverged(
      async () => {
        await a();
        await b(); // REMOVED
      },
      await recorded(),
    );
    expect(divergence).toEqual({
      sequence: 4,
      recorded: 'sleep (sleep_1)',
      requested: "step 'b' (step_b_1)",
      source: expect.stringMatching(startOf(lineOf('REMOVED'))),
    });
  });

  test('added step in the middle', async () => {
    const divergence = await diverged(
      async () => {
        await a();
        await c(); // ADDED
        await sleep(1);
      },
      await recorded(),
    );
    expect(divergence).toMatchObject({ sequence: 4, requested: "step 'c' (step_c_1)" });
    expect(divergence?.source).toMatch(startOf(lineOf('ADDED')));
  });

  test('added beside a recorded one: the history goes on with a delivery', async () => {
    const divergence = await diverged(
      async () => {
        await Promise.all([
          a(),
          b(), // BESIDE
        ]);
      },
      await recorded(),
    );
    expect(divergence).toEqual({
      sequence: 3,
      recorded: 'step.completed (event 3)',
      requested: "step 'b' (step_b_1)",
      source: expect.stringMatching(startOf(lineOf('BESIDE'))),
    });
  });

  test('the position counts what lies between a request and the next delivery', async () => {
    const run = await LiveRun.start(async () => {
      await a();
      await c();
    });
    run.retry('step_a_1').interrupt().restart('step_a_1');
    await run.complete('step_a_1');
    const divergence = await diverged(() => Promise.all([a(), b()]), run);
    expect(divergence).toMatchObject({ sequence: 7, recorded: 'step.completed (event 7)' });
  });

  test('a sleep in the place of a step, a step in the place of a hook', async () => {
    const steps = await LiveRun.start(() => a());
    expect(await diverged(() => sleep(1, { name: 'a' }), steps)).toMatchObject({
      recorded: "step 'a' (step_a_1)",
      requested: "sleep 'a' (sleep_a_1)",
    });
    const hooks = await LiveRun.start(() => hook('a'));
    expect(await diverged(() => a(), hooks)).toMatchObject({
      recorded: "hook 'a' (hook_a_1)",
      requested: "step 'a' (step_a_1)",
    });
  });

  test('a sleep that got a name', async () => {
    const run = await LiveRun.start(() => sleep(1));
    expect(await diverged(() => sleep(1, { name: 'x' }), run)).toMatchObject({
      recorded: 'sleep (sleep_1)',
      requested: "sleep 'x' (sleep_x_1)",
    });
  });

  test('a workflow that ends early', async () => {
    expect(await diverged(async () => 'early', await recorded())).toEqual({
      sequence: 2,
      recorded: "step 'a' (step_a_1)",
      requested: 'the end of the workflow (completed)',
      source: null,
    });
    const later = async () => {
      await a();
      await sleep(1);
      throw new Error('early');
    };
    expect(await diverged(later, await recorded())).toMatchObject({
      sequence: 6,
      recorded: "step 'b' (step_b_1)",
      requested: 'the end of the workflow (failed)',
    });
  });

  test('a workflow that ends although the history goes on with a delivery', async () => {
    const fire = async () => {
      void a();
    };
    expect(await diverged(fire, await recorded())).toEqual({
      sequence: 3,
      recorded: 'step.completed (event 3)',
      requested: 'the end of the workflow (completed)',
      source: null,
    });
  });

  test('a workflow that waits without asking for the rest', async () => {
    const run = await LiveRun.start(() => Promise.all([a(), b()]));
    expect(await diverged(() => a(), run)).toMatchObject({
      sequence: 3,
      recorded: "step 'b' (step_b_1)",
      requested: 'nothing',
    });
  });

  test('the first difference counts', async () => {
    const divergence = await diverged(
      () => Promise.all([b(), c(), hook('x'), sleep(1)]),
      await recorded(),
    );
    expect(divergence).toMatchObject({ sequence: 2, requested: "step 'b' (step_b_1)" });
  });

  test('at the end of the history new calls are welcome', async () => {
    const run = await recorded();
    const session = newSession(async () => {
      await a();
      await sleep(1);
      await b();
      await Promise.all([c(), hook('new')]);
    });
    const commands = await replay(session, copy(run.events));
    expect([session.outcome, idsOf(commands)]).toEqual([null, ['hook_new_1']]);
  });

  test('a diverged session asks for nothing more', async () => {
    const session = newSession(async () => {
      await b();
    });
    await replay(session, copy((await recorded()).events));
    const { outcome } = session;
    const sequence = 99;
    session.deliver({ type: 'sleep.completed', sequence, timestamp: 0, data: { sleep_id: 'x' } });
    expect(session.takeCommands()).toEqual([]);
    expect(session.outcome).toBe(outcome);
  });

  test('code that draws on what it must not: a counter outside of it', async () => {
    let calls = 0;
    const fn = () => (calls++ === 0 ? a() : b());
    expect(await diverged(fn, await LiveRun.start(fn))).toMatchObject({
      recorded: "step 'a' (step_a_1)",
      requested: "step 'b' (step_b_1)",
    });
  });
});

describe('stuck', () => {
  const awaiting = (run: LiveRun) =>
    run.outcome?.kind === 'stuck' ? run.outcome.awaiting : [`not stuck: ${run.outcome?.kind}`];

  test('a promise that nobody settles', async () => {
    const run = await LiveRun.start(() => new Promise(() => {}));
    expect(run.outcome).toEqual({ kind: 'stuck', awaiting: [] });
    expect(new StuckWorkflowError(RUN_ID, awaiting(run)).message).toContain(
      'awaits a promise that is no pyworkflow primitive',
    );
  });

  test('a timer, by name and line', async () => {
    const run = await LiveRun.start(async () => {
      await new Promise((resolve) => setTimeout(resolve, 50)); // TIMER
    });
    expect(awaiting(run)).toEqual([
      expect.stringMatching(startOf(`setTimeout() at ${lineOf('TIMER')}`)),
    ]);
    await settled();
    expect(run.commands).toEqual([]);
  });

  test('a timer of node:timers/promises', async () => {
    const run = await LiveRun.start(async () => {
      await delay(1); // DELAY
    });
    expect(awaiting(run)).toEqual([
      expect.stringMatching(startOf(`setTimeout() at ${lineOf('DELAY')}`)),
    ]);
    await settled();
  });

  test('after some steps, in a shield', async () => {
    const run = await LiveRun.start(async () => {
      await a();
      await shield(async () => {
        await b();
        await new Promise((resolve) => setImmediate(resolve)); // SHIELDED
      });
    });
    await run.complete('step_a_1');
    await run.complete('step_b_1');
    expect(awaiting(run)).toEqual([
      expect.stringMatching(startOf(`setImmediate() at ${lineOf('SHIELDED')}`)),
    ]);
    await settled();
  });

  test('the last call of a deep stack', async () => {
    const helper = () => new Promise((resolve) => setTimeout(resolve, 50)); // HELPER
    const run = await LiveRun.start(async () => helper());
    expect(awaiting(run)[0]).toMatch(startOf(`setTimeout() at ${lineOf('HELPER')}`));
    await settled();
  });

  test.each([
    ['/home/me/app (copy)/wf.ts', '/home/me/app (copy)/wf.ts:2:1'],
    ['file:///home/me/caf%C3%A9%20(1)/wf.ts', '/home/me/café (1)/wf.ts:2:1'],
    ['/app/node_modules/lib/index.js', null],
  ])('code in %s', async (filename, place) => {
    const fn = runInThisContext(
      `() => {\nsetImmediate(() => {}); return new Promise(() => {}); }`,
      {
        filename,
      },
    );
    // Called in a stack of its own, so that this file is not on it.
    const run = await LiveRun.start(() => Promise.resolve().then(fn));
    expect(awaiting(run)).toEqual([
      place === null ? 'setImmediate()' : `setImmediate() at ${place}`,
    ]);
  });

  test('stacks that are no text', async () => {
    const { prepareStackTrace } = Error;
    Error.prepareStackTrace = (_, frames) => frames;
    try {
      const run = await LiveRun.start(async () => {
        setImmediate(() => {});
        await new Promise(() => {});
      });
      expect(awaiting(run)).toEqual(['setImmediate()']);
    } finally {
      if (prepareStackTrace === undefined)
        delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace;
      else Error.prepareStackTrace = prepareStackTrace;
    }
  });

  test('not while something else can still happen', async () => {
    const run = await LiveRun.start(() => Promise.race([new Promise(() => {}), sleep(1)]));
    expect(run.outcome).toBeNull();
    await run.wake('sleep_1');
    expect(run.outcome?.kind).toBe('completed');
  });

  test('a primitive called out of band, after a raw await', async () => {
    let contextThen: unknown = 'untouched';
    const session = newSession(
      async () => {
        void a();
        await new Promise((resolve) => setTimeout(resolve, 50)); // RAW
        await b();
      },
      () => {
        contextThen = currentContext();
      },
    );
    const data = { workflow_name: 'w', input: null, metadata: {} };
    await replay(session, [{ type: 'workflow.started', timestamp: 0, sequence: 1, data }]);
    expect(session.outcome).toBeNull();
    await settled();
    expect(session.outcome).toEqual({
      kind: 'stuck',
      awaiting: [expect.stringMatching(startOf(`setTimeout() at ${lineOf('RAW')}`))],
    });
    expect(contextThen).toBeUndefined();
    expect(session.takeCommands()).toEqual([]);
  });

  test('a primitive called out of band, after something that has no name', async () => {
    let go: (value?: unknown) => void = () => {};
    const run = await LiveRun.start(async () => {
      void a();
      await new Promise((resolve) => {
        go = resolve;
      });
      await b(); // BAND
    });
    expect([run.asked, run.outcome, run.violations]).toEqual([['step_a_1'], null, 0]);
    go();
    await settled();
    expect(run.violations).toBe(1);
    expect(awaiting(run)).toEqual([
      expect.stringMatching(
        startOf(
          `step 'b' (step_b_1) after something that is no pyworkflow primitive at ${lineOf('BAND')}`,
        ),
      ),
    ]);
    await run.complete('step_a_1');
    expect(run.asked).toEqual([]);
  });

  test('a workflow that ends out of band', async () => {
    let go: (value?: unknown) => void = () => {};
    const run = await LiveRun.start(() => {
      void a();
      return new Promise((resolve) => {
        go = resolve;
      });
    });
    go('end');
    await settled();
    expect(run.violations).toBe(1);
    expect(awaiting(run)[0]).toMatch(/^the end of the workflow after something/);
  });

  test('names a line once, and no more than ten', async () => {
    const loop = await LiveRun.start(async () => {
      for (let i = 0; i < 50; i++) setImmediate(() => {});
      await new Promise(() => {});
    });
    expect(awaiting(loop)).toHaveLength(1);
    const lines = Array.from({ length: 12 }, () => 'setImmediate(() => {});').join(' ');
    const many = await LiveRun.start(
      new Function(`${lines} return new Promise(() => {}); //# sourceURL=file:///many.ts`) as Body,
    );
    expect(awaiting(many)).toHaveLength(10);
    expect(awaiting(many)[0]).toBe('setImmediate() at /many.ts:3:1');
  });

  test('a raw fetch', async () => {
    const server = createServer((_, answer) => answer.end('ok'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const run = await LiveRun.start(async () => {
      const answer = await fetch(`http://127.0.0.1:${port}`); // FETCH
      await a(await answer.text());
    });
    expect(awaiting(run)).toEqual([
      expect.stringMatching(startOf(`fetch() at ${lineOf('FETCH')}`)),
    ]);
    await settled();
    expect(run.commands).toEqual([]);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});

// Longer than what the workflows here wait for, which is longer than a turn of the event loop.
const settled = () => new Promise((resolve) => setTimeout(resolve, 150));

/** Matches `text:column`. */
function startOf(text: string): RegExp {
  return new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}:\\d+$`);
}
