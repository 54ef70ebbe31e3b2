import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { workflow } from '../../src/workflow/define-workflow.ts';
import { clearRegistry } from '../../src/workflow/registry.ts';
import { fakeClient, fakeState } from './fake-client.ts';
import { runRecord } from './records.ts';
import { runCli } from './run-cli.ts';

beforeEach(() => {
  workflow(
    {
      name: 'buy',
      input: z.object({
        orderId: z.string().describe('which order'),
        amount: z.number().default(99.99),
        express: z.boolean().optional(),
        colour: z.enum(['red', 'blue']).optional(),
        items: z.array(z.string()).optional(),
        address: z.object({ city: z.string() }).optional(),
        output: z.string().optional(),
      }),
    },
    async () => 1,
  );
  workflow({ name: 'plainOne' }, async () => 1);
});
afterEach(clearRegistry);

async function inputOf(...flags: string[]): Promise<unknown> {
  const state = fakeState({ started: runRecord() });
  const client = fakeClient(state);
  const { stderr, exitCode } = await runCli(['workflows', 'run', ...flags, '--json'], { client });
  expect([stderr, exitCode]).toEqual(['', 0]);
  return (state.calls[0] as unknown[])[2];
}

describe('workflows run with the flags of its input', () => {
  it('takes each in its type', async () => {
    expect(
      await inputOf('buy', '--order-id', '7', '--amount', '5', '--express', '--colour', 'red'),
    ).toEqual({ orderId: '7', amount: 5, express: true, colour: 'red' });
    expect(
      await inputOf(
        'buy',
        '--order-id=-7',
        '--no-express',
        '--items',
        'a',
        '--items',
        'b',
        '--address',
        '{"city":"X"}',
      ),
    ).toEqual({ orderId: '-7', express: false, items: ['a', 'b'], address: { city: 'X' } });
    expect(await inputOf('buy', '--order-id', 'a', '--items', '["x","y"]')).toMatchObject({
      items: ['x', 'y'],
    });
  });

  it('stands beside --arg and --input', async () => {
    const given = await inputOf(
      'buy',
      '--input',
      '{"orderId":"a","amount":1}',
      '--amount',
      '2',
      '--arg',
      'output=file',
    );
    expect(given).toEqual({ orderId: 'a', amount: 2, output: 'file' });
  });

  it.each([
    [['buy', '--order', '1'], "unknown option '--order'", 'Did you mean'],
    [
      ['buy', '--order-id', '1', '--amount', 'much'],
      "argument 'much' is invalid. It must be a number.",
      '',
    ],
    [['buy', '--order-id', '1', '--colour', 'green'], 'It must be one of red, blue.', ''],
    [['buy', '--order-id', '1', '--address', '[1]'], 'It must be an object.', ''],
    [['buy', '--order-id'], "option '--order-id <text>' argument missing", ''],
    [['buy', 'extra'], 'too many arguments', ''],
    [['buy', '--amount', '1'], 'buy needs orderId', ''],
    [['plainOne', '--order-id', '1'], "unknown option '--order-id'", 'Use --arg orderId=…'],
    [['--order-id', '1', 'buy'], "unknown option '--order-id'", 'Name the workflow before'],
  ])('refuses %j', async (args, message, hint) => {
    const { stdout, stderr, exitCode } = await runCli(['workflows', 'run', ...args]);
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
    expect([stdout, exitCode]).toEqual(['', 2]);
  });

  it('lists them in its help', async () => {
    const { stdout, exitCode } = await runCli(['workflows', 'run', 'buy', '--help']);
    expect(stdout).toContain('Usage: pyworkflow workflows run [options] [name] [flags...]');
    expect(stdout.slice(stdout.indexOf('Input of buy:'), stdout.indexOf('Global Options:'))).toBe(
      [
        'Input of buy:',
        '  --order-id <text>        which order, needed',
        '  --amount <number>        amount (default 99.99)',
        '  --express                express',
        '  --no-express             not express',
        '  --colour <text>          red, blue',
        '  --items <string>         items; may be repeated',
        '  --address <json>         address',
        '',
        '',
      ].join('\n'),
    );
    expect(exitCode).toBe(0);
    const plain = await runCli(['workflows', 'run', '-h']);
    expect(plain.stdout).toContain('Examples:');
    expect(plain.stdout).not.toContain('Input of');
    const unknown = await runCli(['workflows', 'run', 'by', '--help']);
    expect(unknown.stderr).toContain("Did you mean 'buy'?");
    expect(unknown.exitCode).toBe(4);
  });
});
