import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/observability/logger.ts';
import { applyLogging, configureLogging, getLogger } from '../../../src/observability/logging.ts';
import { runInContext } from '../../../src/workflow/context.ts';
import { captureLines, fakeContext } from './captured-lines.ts';

const lines = captureLines();
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /;
const said = () => lines.text().map((line) => line.replace(TIME, ''));

describe('getLogger', () => {
  it('writes lines of text to stderr, from info on', () => {
    const log = getLogger();
    log.debug('not this');
    log.info('charged', { amount: 12.5, who: 'ann', note: 'two words', parts: [1, { a: 2 }] });
    getLogger('mail').warn('late');
    expect(lines.text()[0]).toMatch(TIME);
    expect(said()).toEqual([
      'INFO  charged amount=12.5 who=ann note="two words" parts=[1,{"a":2}]',
      'WARN  late logger=mail',
    ]);
  });

  it('says where it is: in a workflow, in a step, outside', () => {
    configureLogging({ format: 'json' });
    const log = getLogger('x');
    log.info('outside');
    runInContext(fakeContext('workflow').context, () => log.info('workflow'));
    runInContext(fakeContext('step').context, () => log.error('step', { amount: 1 }));
    const first = { time: expect.stringMatching(/Z$/), logger: 'x' };
    const run = { run_id: 'run_1', workflow: 'order' };
    const step = { step_id: 'step_charge_1', step: 'charge', attempt: 2 };
    expect(lines.json()).toEqual([
      { ...first, level: 'info', message: 'outside' },
      { ...first, level: 'info', message: 'workflow', ...run },
      { ...first, level: 'error', message: 'step', ...run, ...step, amount: 1 },
    ]);
  });

  it('says nothing while a workflow is replayed, and records nothing', () => {
    const { context, recorded } = fakeContext('workflow', { isReplaying: true });
    runInContext(context, () => getLogger('x', { history: true }).error('again'));
    expect([lines.text(), recorded]).toEqual([[], []]);
  });

  it('records in the history what is to be found there, whatever the level', () => {
    configureLogging({ level: 'silent' });
    const { context, recorded } = fakeContext('step');
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    runInContext(context, () => {
      getLogger('audit', { history: true }).debug('paid', { amount: 3n, cycle });
      getLogger().error('not this');
      configureLogging({ level: 'silent', history: true });
      getLogger().info('now this');
      getLogger('chatty', { history: false }).info('nor this');
    });
    getLogger('audit', { history: true }).info('outside there is no history');
    expect(recorded).toEqual([
      ['debug', 'paid', { logger: 'audit', amount: '3', cycle: { self: '[circular]' } }],
      ['info', 'now this', {}],
    ]);
    expect(lines.text()).toEqual([]);
  });

  it('hides nothing behind its own names', () => {
    configureLogging({ format: 'json' });
    runInContext(fakeContext('workflow').context, () =>
      getLogger().info('x', { run_id: 'other', message: 'mine', level: 9 }),
    );
    expect(lines.json()).toMatchObject([
      {
        level: 'info',
        message: 'x',
        run_id: 'run_1',
        'fields.run_id': 'other',
        'fields.message': 'mine',
        'fields.level': 9,
      },
    ]);
  });

  it('keeps a line a line', () => {
    getLogger().info('a\nFAKE \u001b[2J', { 'k\n': 'v\nINFO forged' });
    expect(said()).toEqual(['INFO  a\\nFAKE \\u001b[2J "k\\n"="v\\nINFO forged"']);
  });

  it('shows errors with their frames', () => {
    const error = Object.assign(new TypeError('no\nway', { cause: new Error('why') }), { code: 7 });
    getLogger().error('failed', { error });
    getLogger().error('failed', error as never);
    const [head, frame] = said();
    expect(head).toBe('ERROR failed error="TypeError: no\\nway"');
    expect(frame).toMatch(/^ {4}at .*logging\.test\.ts/);
    configureLogging({ format: 'json' });
    getLogger().error('failed', { error });
    expect(JSON.parse(lines.text().at(-1)!)).toMatchObject({
      error: {
        name: 'TypeError',
        message: 'no\nway',
        code: 7,
        cause: { message: 'why' },
        stack: expect.stringContaining('at '),
      },
    });
  });

  it('never throws, and loses nothing but what cannot be read', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    let deep: unknown[] = [];
    for (let n = 0; n < 100_000; n++) deep = [deep];
    const bad: { [key: string]: unknown } = {
      proxy,
      getter: Object.defineProperty({}, 'x', {
        enumerable: true,
        get() {
          throw new Error('no');
        },
      }),
      toJSON: {
        toJSON() {
          throw new Error('no');
        },
      },
      big: 10n,
      symbol: Symbol('s'),
      fn() {},
      date: new Date(Number.NaN),
      nan: Number.NaN,
      deep,
      wide: new Array(1e6).fill(0),
      map: new Map<unknown, unknown>([[{ a: 1 }, new Set([1])]]),
      bytes: new Uint8Array(3),
      ['__proto__']: 1,
      none: undefined,
    };
    for (const format of ['text', 'json'] as const) {
      configureLogging({ format });
      const log = getLogger('x', { history: true });
      runInContext(fakeContext('step').context, () => {
        for (const [key, value] of Object.entries(bad)) log.info(key, { [key]: value });
        for (const fields of [null, 'text', 7, proxy, []]) log.info('odd', fields as never);
        log.info(Symbol('message') as never);
      });
      const throwing = () => {
        throw new Error('no');
      };
      runInContext(fakeContext('step', { recordLog: throwing }).context, () => log.info('last'));
    }
    expect(lines.text().filter((line) => line.includes('last'))).toHaveLength(2);
    expect(lines.text()).toHaveLength(2 * (Object.keys(bad).length + 7));
    const json = lines.text().filter((line) => line.startsWith('{'));
    expect(json.map((line) => JSON.parse(line))).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ message: 'big', big: '10' }),
        expect.objectContaining({ message: 'proxy', proxy: '[unreadable]' }),
        expect.objectContaining({ message: 'getter', getter: { x: '[unreadable]' } }),
        expect.objectContaining({ message: 'bytes', bytes: '[Uint8Array of 3 bytes]' }),
        expect.objectContaining({ message: 'map', map: [[{ a: 1 }, [1]]] }),
      ]),
    );
  });
});

describe('configureLogging', () => {
  it('goes before the configuration, and decides for the engine as well', () => {
    const engine = createLogger();
    engine.info('the engine keeps quiet');
    engine.warn('unless it matters', { run_id: 'run_1' });
    applyLogging('config', { level: 'debug' });
    engine.debug('as configured');
    getLogger().debug('both of them');
    configureLogging({ level: 'error' });
    engine.warn('not now');
    getLogger().warn('nor this');
    createLogger({ level: 'silent' }).error('never');
    configureLogging();
    getLogger().debug('again as configured');
    expect(said()).toEqual([
      'WARN  unless it matters run_id=run_1',
      'DEBUG as configured',
      'DEBUG both of them',
      'DEBUG again as configured',
    ]);
  });

  it('appends to a file, and makes its folder', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pyworkflow-log-'));
    const file = join(folder, 'deep', 'log.txt');
    for (const message of ['one', 'two']) {
      configureLogging({ file });
      getLogger().info(message);
      configureLogging();
    }
    getLogger().info('three');
    expect(
      readFileSync(file, 'utf8')
        .split('\n')
        .map((l) => l.replace(TIME, '')),
    ).toEqual(['INFO  one', 'INFO  two', '']);
    expect(said()).toEqual(['INFO  three']);
    rmSync(folder, { recursive: true });
  });

  it.each([
    [{ level: 'loud' }, 'The log level must be one of debug, info, warn, error, silent, not loud'],
    [{ format: 'xml' }, 'The log format must be one of text, json, not xml'],
    [{ file: '/' }, 'The log file / cannot be opened'],
  ])('refuses %j and stays as it was', (options, message) => {
    configureLogging({ level: 'warn' });
    expect(() => configureLogging(options as never)).toThrow(message);
    getLogger().info('not this');
    getLogger().warn('but this');
    expect(said()).toEqual(['WARN  but this']);
  });
});
