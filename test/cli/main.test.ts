import { describe, expect, it } from 'vitest';
import { ConfigurationError, StoreUnavailableError } from '../../src/core/errors.ts';
import { fakeClient, fakeState } from './fake-client.ts';
import { runCli } from './run-cli.ts';

describe('the command line itself', () => {
  it('prints help of every command, each with an example', async () => {
    const nouns = ['workflows', 'runs', 'hooks', 'schedules', 'scheduler', 'worker'];
    const commands: string[][] = [];
    for (const noun of nouns) {
      const { stdout } = await runCli([noun, '--help']);
      const verbs = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, verb]) => verb as string);
      expect(verbs, noun).not.toEqual([]);
      commands.push(...verbs.map((verb) => [noun, verb]));
    }
    expect(commands.length).toBeGreaterThan(35);
    for (const command of [[], ['runs'], ['quickstart'], ['demo'], ...commands]) {
      const { stdout, stderr, exitCode } = await runCli([...command, '--help']);
      expect([stderr, exitCode]).toEqual(['', 0]);
      expect(stdout).toContain('Usage: pyworkflow');
      const widest = Math.max(...stdout.split('\n').map((line) => line.length));
      expect(widest, stdout).toBeLessThanOrEqual(100);
      if (command.length === 2) {
        expect(stdout).toMatch(new RegExp(`Examples?:\\n.*pyworkflow ${command.join(' ')}`));
      }
    }
  });

  it('prints its version', async () => {
    const { stdout, exitCode } = await runCli(['--version']);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(exitCode).toBe(0);
  });

  it('takes global options before and after the command', async () => {
    for (const args of [
      ['--json', 'runs', 'list'],
      ['runs', '--json', 'list'],
      ['runs', 'list', '--json'],
    ]) {
      expect((await runCli(args)).stdout).toBe('[]\n');
    }
    expect((await runCli(['runs', 'list', '--output', 'JSON'])).stdout).toBe('[]\n');
  });

  it('takes the format from the environment', async () => {
    expect((await runCli(['runs', 'list'], { env: { PYWORKFLOW_OUTPUT: 'json' } })).stdout).toBe(
      '[]\n',
    );
    const { stderr, exitCode } = await runCli(['runs', 'list'], {
      env: { PYWORKFLOW_OUTPUT: 'xml' },
    });
    expect(stderr).toContain("PYWORKFLOW_OUTPUT must be one of table, json, plain, not 'xml'");
    expect(exitCode).toBe(2);
  });

  it.each([
    [['runz'], "unknown command 'runz'", 'Did you mean runs?'],
    [['runs', 'lst'], "unknown command 'lst'", 'Did you mean list?'],
    [['runs', 'list', '--outptu', 'json'], "unknown option '--outptu'", 'Did you mean --output?'],
    [['runs', 'status'], "missing required argument 'id'", 'See --help'],
    [['runs', 'list', '--output', 'xml'], 'It must be one of table, json, plain.', ''],
  ])('explains %j', async (args, message, hint) => {
    const { stdout, stderr, exitCode } = await runCli(args);
    expect([stdout, exitCode]).toEqual(['', 2]);
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
  });

  it('reports usage errors in json too', async () => {
    const { stderr, exitCode } = await runCli(['runs', 'status', '--json']);
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: 'USAGE',
        message: "missing required argument 'id'",
        hint: 'See --help',
        details: {},
      },
    });
    expect(exitCode).toBe(2);
  });

  it('wants a command', async () => {
    const { stdout, stderr, exitCode } = await runCli(['runs']);
    expect([stdout, exitCode]).toEqual(['', 2]);
    expect(stderr).toContain('Usage: pyworkflow runs');
    const json = await runCli(['runs', '--json']);
    expect(JSON.parse(json.stderr).error.message).toBe('A command is missing');
  });

  it.each([
    [
      new StoreUnavailableError('The disk is gone', { hint: 'Look for it.' }),
      6,
      'STORE_UNAVAILABLE',
    ],
    [new ConfigurationError('wrong'), 2, 'CONFIG'],
    [new TypeError('x is not a function'), 1, 'UNEXPECTED'],
  ])('%s', async (error, code, name) => {
    const parts = { openApp: () => Promise.reject(error) };
    const { stderr, exitCode } = await runCli(['runs', 'list', '--json'], { parts });
    expect(exitCode).toBe(code);
    expect(JSON.parse(stderr).error.code).toBe(name);
  });

  it('shows stacks only when asked', async () => {
    const parts = { openApp: () => Promise.reject(new TypeError('boom')) };
    const quiet = await runCli(['runs', 'list'], { parts });
    expect(quiet.stderr).toContain('most likely a defect in pyworkflow: TypeError: boom');
    expect(quiet.stderr).not.toContain('    at ');
    expect((await runCli(['runs', 'list', '-v'], { parts })).stderr).toContain('    at ');
  });
});

describe('worker run', () => {
  it.each([
    ['SIGTERM', 0],
    ['SIGINT', 130],
  ] as const)('serves until %s', async (signal, code) => {
    const state = fakeState();
    const { stdout, stderr, exitCode } = await runCli(['worker', 'run', '-c', '3', '-n', 'me'], {
      client: fakeClient(state),
      stopWith: signal,
    });
    expect(stdout).toBe('');
    expect(stderr).toContain('✓ Worker me serves no workflow on memory\n');
    expect(stderr).toContain(`${signal}: stopping\n✓ Stopped\n`);
    expect(state.calls).toEqual([
      ['startWorker', { name: 'me', concurrency: 3 }],
      ['stop'],
      ['close'],
    ]);
    expect(exitCode).toBe(code);
  });

  it('fails with its store', async () => {
    const state = fakeState({ workerFails: new StoreUnavailableError('The disk is full') });
    const { stderr, exitCode } = await runCli(['worker', 'run'], { client: fakeClient(state) });
    expect(stderr).toContain('✗ The disk is full\n');
    expect(exitCode).toBe(6);
  });

  it('does not serve what it does not know', async () => {
    const { stderr, exitCode } = await runCli(['worker', 'run', '--workflow', 'nope']);
    expect(stderr).toContain("There is no workflow 'nope'");
    expect(exitCode).toBe(4);
  });
});
