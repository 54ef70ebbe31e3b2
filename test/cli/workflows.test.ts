import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { workflow } from '../../src/workflow/define-workflow.ts';
import { clearRegistry } from '../../src/workflow/registry.ts';
import { fakeClient, fakeState } from './fake-client.ts';
import { EVENTS, runningRecord, runRecord } from './records.ts';
import { runCli } from './run-cli.ts';

const A1 = 'run_00000000000000a1';

beforeEach(() => {
  workflow({ name: 'plainOne', tags: ['x'] }, async () => 1);
  workflow(
    {
      name: 'processOrder',
      description: 'Sells something',
      maxDuration: '2d',
      input: z.object({ orderId: z.string(), amount: z.number().default(99.99) }),
    },
    async ({ orderId }) => orderId,
  );
});
afterEach(clearRegistry);

const sources = new Map([['processOrder', '/project/orders.ts']]);
const parts = { discover: async () => ({ files: [], sources }) };

describe('workflows list and info', () => {
  it('in three formats', async () => {
    expect((await runCli(['workflows', 'list'], { parts })).stdout).toBe(
      [
        'NAME          MAX DURATION  TAGS  DESCRIPTION',
        'plainOne      -             x',
        'processOrder  2d            -     Sells something',
        '',
      ].join('\n'),
    );
    expect((await runCli(['workflows', 'list', '--output', 'plain'], { parts })).stdout).toBe(
      'plainOne\t\tx\t\nprocessOrder\t2d\t\tSells something\n',
    );
    expect(JSON.parse((await runCli(['workflows', 'list', '--json'], { parts })).stdout)).toEqual([
      { name: 'plainOne', max_duration: null, tags: ['x'], description: null },
      { name: 'processOrder', max_duration: '2d', tags: [], description: 'Sells something' },
    ]);
  });

  it('of nothing', async () => {
    clearRegistry();
    const { stdout, stderr, exitCode } = await runCli(['workflows', 'list']);
    expect([stdout, exitCode]).toEqual(['', 0]);
    expect(stderr).toContain('No workflows.');
    expect((await runCli(['workflows', 'list', '--json'])).stdout).toBe('[]\n');
  });

  it('shows one with its input', async () => {
    const { stdout } = await runCli(['workflows', 'info', 'processOrder'], { parts });
    expect(stdout).toContain(
      'Input         orderId* (string)\n              amount (number = 99.99)\n',
    );
    const json = await runCli(['workflows', 'info', 'processOrder', '--json'], { parts });
    expect(JSON.parse(json.stdout)).toMatchObject({
      name: 'processOrder',
      max_duration: '2d',
      function: { name: 'processOrder', module: '/project/orders.ts', doc: 'Sells something' },
    });
  });

  it('suggests the name that was meant', async () => {
    const { stderr, exitCode } = await runCli(['workflows', 'info', 'process_orders']);
    expect(stderr).toContain("Did you mean 'processOrder'?");
    expect(exitCode).toBe(4);
  });
});

describe('workflows run', () => {
  const started = () => fakeState({ started: runRecord(), events: { [A1]: EVENTS } });

  it('is one json document', async () => {
    const state = started();
    const { stdout, stderr, exitCode } = await runCli(
      ['workflows', 'run', 'processOrder', '--arg', 'orderId=ORD-1', '--arg', 'amount=5', '--json'],
      { client: fakeClient(state) },
    );
    expect(state.calls[0]).toEqual([
      'start',
      'processOrder',
      { orderId: 'ORD-1', amount: 5 },
      { detach: false },
    ]);
    expect(JSON.parse(stdout)).toEqual({
      run_id: A1,
      workflow_name: 'processOrder',
      runtime: 'local',
      status: 'completed',
      result: { status: 'ok' },
      error: null,
    });
    expect([stderr, exitCode]).toEqual(['', 0]);
  });

  it('tells people what happens on stderr and prints the result', async () => {
    const { stdout, stderr } = await runCli(
      ['workflows', 'run', 'processOrder', '--arg', 'orderId=1'],
      {
        client: fakeClient(started()),
      },
    );
    expect(stdout).toBe('{\n  "status": "ok"\n}\n');
    expect(stderr).toBe(
      [
        '▶ processOrder started',
        '✓ pay  1.3s',
        `✓ processOrder completed in 1.3s (${A1})`,
        '',
      ].join('\n'),
    );
  });

  it('is a line in plain', async () => {
    const args = ['workflows', 'run', 'plainOne', '--output', 'plain'];
    const { stdout } = await runCli(args, { client: fakeClient(started()) });
    expect(stdout).toBe(`${A1}\tcompleted\t{"status":"ok"}\n`);
  });

  it('fails with the run', async () => {
    const error = {
      name: 'FatalError',
      message: 'no',
      code: 'FATAL',
      fields: { hint: 'Try yes.' },
    };
    const state = fakeState({ started: runRecord({ status: 'failed', result: null, error }) });
    const { stdout, stderr, exitCode } = await runCli(['workflows', 'run', 'plainOne'], {
      client: fakeClient(state),
    });
    expect(stdout).toBe('');
    expect(stderr).toBe(`✗ processOrder failed after 1.3s (${A1})\n  FatalError: no\n  Try yes.\n`);
    expect(exitCode).toBe(1);
  });

  it('ends with a parked run', async () => {
    const error = { name: 'NonDeterminismError', message: 'changed', code: 'NON_DETERMINISM' };
    const state = fakeState({ started: runningRecord({ status: 'interrupted', error }) });
    const { stderr, exitCode } = await runCli(['workflows', 'run', 'plainOne'], {
      client: fakeClient(state),
    });
    expect(stderr).toContain(`When it can go on: pyworkflow runs resume ${A1}`);
    expect(exitCode).toBe(7);
  });

  it.each([['--detach'], ['--no-wait']])('%s leaves it to a worker', async (flag) => {
    const state = fakeState({ started: runningRecord({ status: 'pending' }) });
    const args = ['workflows', 'run', 'plainOne', flag, '--idempotency-key', 'k'];
    const { stdout, exitCode } = await runCli(args, { client: fakeClient(state) });
    expect(state.calls[0]).toEqual([
      'start',
      'plainOne',
      undefined,
      { detach: true, idempotencyKey: 'k' },
    ]);
    expect(stdout).toBe(`${A1}\n`);
    expect(exitCode).toBe(0);
  });

  it('runs without a store', async () => {
    const state = fakeState({ started: runRecord() });
    const args = ['workflows', 'run', 'plainOne', '--no-durable', '--json'];
    const { stdout } = await runCli(args, { client: fakeClient(state) });
    expect(state.calls[0]).toEqual(['start', 'plainOne', undefined, { durable: false }]);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'completed', result: { status: 'ok' } });
  });

  it('detaches at Ctrl-C', async () => {
    const state = { ...started(), started: runningRecord(), endless: true };
    const { stdout, stderr, exitCode } = await runCli(['workflows', 'run', 'plainOne'], {
      client: fakeClient(state),
      stopWith: 'SIGINT',
    });
    expect(stdout).toBe('');
    expect(stderr).toContain(`Detached from ${A1}: it is durable, nothing is lost.\n`);
    expect(stderr).toContain('pyworkflow worker run');
    expect(exitCode).toBe(130);
    expect(state.calls.at(-1)).toEqual(['close']);
  });

  it('takes input from stdin, and --arg on top of it', async () => {
    const state = started();
    await runCli(['workflows', 'run', 'processOrder', '--input', '-', '--arg', 'amount=2'], {
      client: fakeClient(state),
      stdin: '{"orderId":"A","amount":1}',
    });
    expect(state.calls[0]).toEqual([
      'start',
      'processOrder',
      { orderId: 'A', amount: 2 },
      { detach: false },
    ]);
  });

  it.each([
    [[], 'processOrder needs orderId', 'Give --arg orderId=…'],
    [['--arg', 'orderId'], "--arg must be name=value, not 'orderId'", ''],
    [['--input', '{'], '--input is not valid JSON', ''],
    [['--input', '@nowhere.json'], '--input: cannot read nowhere.json', ''],
    [['--input', '[1]', '--arg', 'a=1'], '--arg adds fields to an object', ''],
    [['--detach', '--no-durable'], 'no store to leave the run in', ''],
    [
      ['--timeout', 'soon'],
      "--timeout must be a duration like 30s, 5m or 1h30m, or a number of seconds, not 'soon'",
      '',
    ],
  ])('refuses %j', async (args, message, hint) => {
    const { stderr, exitCode } = await runCli(['workflows', 'run', 'processOrder', ...args]);
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
    expect(exitCode).toBe(2);
  });

  it('names what is missing when there is nobody to pick one', async () => {
    const { stderr, exitCode } = await runCli(['workflows', 'run'], { env: { CI: 'true' } });
    expect(stderr).toBe(
      '✗ Nobody is there to answer: Which workflow?\n  Give the name of the workflow\n',
    );
    expect(exitCode).toBe(2);
  });
});
