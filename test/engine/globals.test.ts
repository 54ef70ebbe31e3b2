import { execFile } from 'node:child_process';
import crypto, { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { decode } from '../../src/core/codec.ts';
import { seededRandom } from '../../src/engine/random.ts';
import { replay } from '../../src/engine/replay.ts';
import { shield } from '../../src/primitives/shield.ts';
import { sleep } from '../../src/primitives/sleep.ts';
import { runInContext, type StepContext } from '../../src/workflow/context.ts';
import { installDeterministicGlobals } from '../../src/workflow/deterministic-globals.ts';
import { type Body, copy, EPOCH, LiveRun, newSession } from './live-run.ts';
import { a } from './steps.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const asStep = <T>(fn: () => T): T => runInContext({ kind: 'step' } as StepContext, fn);

/** What a Date made without arguments says. */
function dateNow(): number {
  const date = new Date();
  return date.getTime();
}

async function resultOf(fn: Body): Promise<unknown> {
  const run = await LiveRun.start(fn);
  if (run.outcome?.kind !== 'completed') throw new Error(JSON.stringify(run.outcome));
  return decode(run.outcome.result);
}

afterEach(() => {
  vi.useRealTimers();
});

describe('in workflow code', () => {
  test('everything is the same in a replay', async () => {
    const trace: unknown[][] = [];
    const draw = async () => {
      const all: unknown[] = [];
      const look = () => {
        all.push(Date.now(), dateNow(), Date(), new Date().toISOString());
        all.push(Math.random(), Math.random(), crypto.randomUUID(), randomUUID());
        all.push(globalThis.crypto.randomUUID(), crypto.webcrypto.randomUUID());
      };
      trace.push(all);
      look();
      await a();
      look();
      await shield(async () => look());
      await sleep(1);
      look();
    };
    const run = await LiveRun.start(draw);
    await run.later(1234).complete('step_a_1');
    await run.later(10_000).wake('sleep_1');
    const session = newSession(draw);
    await replay(session, copy(run.events));
    expect(session.outcome?.kind).toBe('completed');
    expect(trace).toHaveLength(2);
    expect(trace[1]).toEqual(trace[0]);
    const [first = []] = trace;
    expect(first).toHaveLength(40);
    expect(new Set(first.filter((x) => typeof x === 'number' && x < 1)).size).toBe(8);
    expect(new Set(first.filter((x) => UUID.test(String(x)))).size).toBe(16);
  });

  test('time is that of the last event, and stands still in between', async () => {
    const run = await LiveRun.start(async () => {
      const before = [Date.now(), dateNow(), Date(), new Date().toString()];
      for (const end = performance.now() + 5; performance.now() < end; );
      const same = Date.now();
      await a();
      return { before, same, after: Date.now() };
    });
    await run.later(77).complete('step_a_1');
    const text = new Date(EPOCH).toString();
    expect(run.outcome).toEqual({
      kind: 'completed',
      result: { before: [EPOCH, EPOCH, text, text], same: EPOCH, after: EPOCH + 77 },
    });
  });

  test('a Date with arguments is what it says', async () => {
    const [got, expected] = await resultOf(() => {
      return [dates()];
    }).then((inside) => [(inside as unknown[])[0], dates()]);
    expect(got).toEqual(expected);
    function dates() {
      return [
        new Date(0),
        new Date('2020-02-30T00:00:00Z').getTime(),
        new Date(2020, 1, 3, 4, 5, 6, 7),
        new Date(new Date(5)),
        Number.isNaN(new Date(undefined as never).getTime()),
        new Date(null as never),
        Date.UTC(2020, 1),
        Date.parse('2020-01-01'),
        Date.length,
        Date.name,
      ];
    }
  });

  test('a Date is a Date', async () => {
    const told = await resultOf(() => {
      class Day extends Date {
        readonly extra = 1;
        static today() {
          return new Day();
        }
      }
      const day = Day.today();
      const cloned = structuredClone(new Date());
      return {
        now: new Date() instanceof Date,
        constructor: new Date().constructor === Date,
        prototype: Object.getPrototypeOf(new Date()) === Date.prototype,
        tag: Object.prototype.toString.call(new Date()),
        day: [day instanceof Day, day instanceof Date, day.extra, day.getTime() === Date.now()],
        dayOf: new Day(5).getTime(),
        cloned: [
          cloned instanceof Date,
          cloned.getTime() === Date.now(),
          cloned.constructor === Date,
        ],
        reflect: Reflect.construct(Date, []).getTime() === Date.now(),
        foreign: Reflect.construct(Date, [], Map) instanceof Map,
        json: JSON.stringify(new Date(0)),
        intl: new Intl.DateTimeFormat('en', { timeZone: 'UTC', year: 'numeric' }).format(
          new Date(),
        ),
        bound: [0].map(Date.now).length,
      };
    });
    expect(told).toEqual({
      now: true,
      constructor: true,
      prototype: true,
      tag: '[object Date]',
      day: [true, true, 1, true],
      dayOf: 5,
      cloned: [true, true, true],
      reflect: true,
      foreign: true,
      json: '"1970-01-01T00:00:00.000Z"',
      intl: '2025',
      bound: 1,
    });
  });

  test('runs differ from each other, parallel sessions do not disturb each other', async () => {
    const draw = async () => {
      const drawn = [Math.random(), crypto.randomUUID()];
      await null;
      return [...drawn, Math.random(), crypto.randomUUID()];
    };
    const start = async (runId: string, secret: string) => {
      const session = newSession(draw, undefined, runId);
      const data = { workflow_name: 'w', input: null, metadata: {}, secret };
      await replay(session, [{ type: 'workflow.started', sequence: 1, timestamp: 0, data }]);
      return session.outcome?.kind === 'completed' ? (session.outcome.result as unknown[]) : [];
    };
    const [one = [], two = [], again = [], otherSecret = []] = await Promise.all([
      start('run_1', 's'),
      start('run_2', 's'),
      start('run_1', 's'),
      start('run_1', 't'),
    ]);
    expect(again).toEqual(one);
    expect(new Set([...one, ...two]).size).toBe(8);
    // Who knows the run's id, and not its secret, cannot tell its UUIDs.
    expect(otherSecret[1]).not.toBe(one[1]);
    expect(otherSecret[3]).not.toBe(one[3]);
  });

  test('a UUID more does not change the random numbers', async () => {
    const plain = await resultOf(() => [Math.random(), Math.random()]);
    const mixed = await resultOf(() => [Math.random(), crypto.randomUUID(), Math.random()]);
    expect([(mixed as unknown[])[0], (mixed as unknown[])[2]]).toEqual(plain);
  });
});

describe('elsewhere', () => {
  const isReal = (now: number) => Math.abs(now - performance.timeOrigin - performance.now()) < 1000;

  test('nothing is touched', () => {
    expect(isReal(Date.now())).toBe(true);
    expect(isReal(dateNow())).toBe(true);
    expect(isReal(new Date(Date()).getTime() + 500)).toBe(true);
    expect(Math.random()).not.toBe(Math.random());
    for (const uuid of [randomUUID(), crypto.randomUUID(), globalThis.crypto.randomUUID()]) {
      expect(uuid).toMatch(UUID);
    }
    expect(randomUUID({ disableEntropyCache: true })).not.toBe(randomUUID());
  });

  test('nor in a step, not even one called from a workflow', async () => {
    const seen: unknown[] = [];
    await resultOf(async () => {
      const inside = [Date.now(), Math.random()];
      asStep(() => seen.push(Date.now(), dateNow(), Math.random(), randomUUID()));
      await asStep(async () => {
        await null;
        seen.push(Date.now());
      });
      return inside;
    });
    const [now, date, random, uuid, later] = seen as [number, number, number, string, number];
    expect([isReal(now), isReal(date), isReal(later)]).toEqual([true, true, true]);
    expect(random).not.toBe(await resultOf(() => Math.random()));
    expect(uuid).not.toBe(await resultOf(() => randomUUID()));
  });

  test('calls of timers are not reported from steps', async () => {
    const run = await LiveRun.start(async () => {
      asStep(() => setTimeout(() => {}, 1));
      await new Promise(() => {});
    });
    expect(run.outcome).toEqual({ kind: 'stuck', awaiting: [] });
  });

  test('timers keep their properties', async () => {
    const timer = setTimeout(() => {}, 1000);
    expect(typeof timer.ref).toBe('function');
    clearTimeout(timer);
    expect(await promisify(setTimeout)(1, 'value')).toBe('value');
    expect(setTimeout.length).toBeGreaterThan(0);
    expect(fetch.name).toBe('fetch');
  });
});

describe('fake timers', () => {
  test('work as ever, and workflow code keeps its own time when they are gone', async () => {
    vi.useFakeTimers({ now: 1000, toFake: ['Date', 'setTimeout', 'setInterval'] });
    expect([Date.now(), dateNow()]).toEqual([1000, 1000]);
    let fired = false;
    setTimeout(() => {
      fired = true;
    }, 60_000);
    vi.advanceTimersByTime(60_000);
    expect([fired, Date.now()]).toEqual([true, 61_000]);
    expect(new Date(5)).toBeInstanceOf(Date);
    vi.useRealTimers();
    expect(Date.now()).toBeGreaterThan(EPOCH);
    expect(await resultOf(() => Date.now())).toBe(EPOCH);
  });

  test('sessions run while everything is faked', async () => {
    vi.useFakeTimers({ now: 1000 });
    const run = await LiveRun.start(async () => [await a(), Math.random()]);
    await run.complete('step_a_1', 1);
    expect(run.outcome?.kind).toBe('completed');
  });

  test('vi.setSystemTime and vi.spyOn', async () => {
    vi.setSystemTime(new Date(2000));
    expect(Date.now()).toBe(2000);
    vi.useRealTimers();
    const spy = vi.spyOn(Math, 'random').mockReturnValue(0.5);
    expect(Math.random()).toBe(0.5);
    spy.mockRestore();
    expect(await resultOf(() => Math.random())).not.toBe(0.5);
  });
});

test('a second installation changes nothing', () => {
  const { Date: before } = globalThis;
  const { random } = Math;
  installDeterministicGlobals(() => {});
  expect([globalThis.Date === before, Math.random === random]).toEqual([true, true]);
});

test('the random numbers are spread evenly, and are those of every release', () => {
  const random = seededRandom('run_0123456789abcdef');
  const drawn = Array.from({ length: 20_000 }, random);
  const buckets = Array.from({ length: 10 }, () => 0);
  for (const x of drawn) buckets[Math.floor(x * 10)] = (buckets[Math.floor(x * 10)] ?? 0) + 1;
  expect(Math.min(...buckets)).toBeGreaterThan(1800);
  expect(Math.max(...buckets)).toBeLessThan(2200);
  expect(new Set(drawn).size).toBe(drawn.length);
  expect(drawn.slice(0, 3)).toEqual(FROZEN);
});

/** Histories replay for ever: these must never change. */
const FROZEN = [0.484768233206487, 0.04796239230627497, 0.5664815166676721];

describe('a promise of workflow code that rejects while nobody awaits it', () => {
  const program = (context: string) => `
    import { installDeterministicGlobals } from ${JSON.stringify(src('workflow/deterministic-globals.ts'))};
    import { runInContext } from ${JSON.stringify(src('workflow/context.ts'))};
    installDeterministicGlobals(() => {});
    const context = ${context};
    const broken = async () => { await null; throw new Error('early'); };
    await runInContext(context, async () => {
      const branch = broken();
      await new Promise((resolve) => setTimeout(resolve, 5));
      await branch.catch((error) => console.log('caught ' + error.message));
    });`;
  const run = (context: string) =>
    promisify(execFile)(process.execPath, [
      '--import',
      'tsx',
      '--input-type=module',
      '-e',
      program(context),
    ]);

  test('does not end the process with all its other runs', async () => {
    const { stdout, stderr } = await run(`{ kind: 'workflow', runId: 'run_1', workflowName: 'w' }`);
    expect(stdout).toBe('caught early\n');
    expect(stderr).toContain("run_1 (workflow 'w')");
    expect(stderr).toContain('early');
  });

  test('outside of workflows it does, as ever', async () => {
    for (const context of ['undefined', `{ kind: 'step' }`]) {
      await expect(run(context)).rejects.toMatchObject({ code: 1, stdout: '' });
    }
  });
});

function src(path: string): string {
  return fileURLToPath(new URL(`../../src/${path}`, import.meta.url));
}
