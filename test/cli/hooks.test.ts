import { describe, expect, it } from 'vitest';
import { fakeClient, fakeState } from './fake-client.ts';
import { hookRecord, runRecord } from './records.ts';
import { NOW, runCli } from './run-cli.ts';

const TOKEN = 'run_00000000000000a1:hook_approval_1';
const schema = {
  type: 'object',
  properties: { approved: { type: 'boolean' }, note: { type: 'string', description: 'why' } },
  required: ['approved'],
};

const withHooks = () =>
  fakeState({
    runs: [runRecord()],
    hooks: [hookRecord({ payloadSchema: schema, expiresAt: NOW + 3_600_000 })],
  });

describe('hooks list', () => {
  it('in three formats', async () => {
    const client = fakeClient(withHooks());
    expect((await runCli(['hooks', 'list'], { client })).stdout).toBe(
      [
        'TOKEN                                 NAME      STATUS     CREATED  EXPIRES',
        `${TOKEN}  approval  ○ pending  1m ago   in 1h`,
        '',
      ].join('\n'),
    );
    expect((await runCli(['hooks', 'list', '--output', 'plain'], { client })).stdout).toBe(
      `${TOKEN}\tapproval\tpending\t2026-11-22T11:59:00.000Z\t2026-11-22T13:00:00.000Z\n`,
    );
    const { stdout } = await runCli(['hooks', 'list', '--json'], { client });
    expect(JSON.parse(stdout)).toEqual([
      {
        token: `${TOKEN}:secret`,
        hook_id: 'hook_approval_1',
        run_id: 'run_00000000000000a1',
        name: 'approval',
        status: 'pending',
        created_at: '2026-11-22T11:59:00.000Z',
        expires_at: '2026-11-22T13:00:00.000Z',
        has_schema: true,
      },
    ]);
  });

  it('of nothing', async () => {
    expect((await runCli(['hooks', 'list', '--json'])).stdout).toBe('[]\n');
    expect((await runCli(['hooks', 'list', '--status', 'pending'])).stderr).toBe('No hooks.\n');
  });
});

describe('hooks info and run', () => {
  it('shows the fields a payload needs', async () => {
    const { stdout } = await runCli(['hooks', 'info', TOKEN], { client: fakeClient(withHooks()) });
    expect(stdout).toContain('Fields   approved* (boolean)\n         note (string)  why\n');
  });

  it('has the schema in json', async () => {
    const { stdout } = await runCli(['hooks', 'info', TOKEN, '--json'], {
      client: fakeClient(withHooks()),
    });
    expect(JSON.parse(stdout)).toMatchObject({
      payload: null,
      received_at: null,
      payload_schema: schema,
    });
  });

  it('lists those of a run', async () => {
    const client = fakeClient(withHooks());
    const { stdout } = await runCli(['hooks', 'run', 'latest', '--json'], { client });
    expect(JSON.parse(stdout)).toMatchObject({ run_id: 'run_00000000000000a1', hook_count: 1 });
  });

  it('does not know every token', async () => {
    const { stderr, exitCode } = await runCli(['hooks', 'info', 'run_x:y']);
    expect(stderr).toContain("There is no hook 'run_x:y'");
    expect(exitCode).toBe(4);
  });
});

describe('hooks resume', () => {
  it.each([
    [['-p', '{"approved":true}'], ''],
    [['--payload-file', '-'], '{"approved":true}'],
    [['--payload', '-'], '{"approved":true}'],
  ])('takes the payload from %j', async (args, stdin) => {
    const state = withHooks();
    const { stdout, exitCode } = await runCli(['hooks', 'resume', TOKEN, ...args, '--json'], {
      client: fakeClient(state),
      stdin,
    });
    expect(state.calls[0]).toEqual(['resume', TOKEN, { approved: true }]);
    expect(JSON.parse(stdout)).toEqual({
      run_id: 'run_00000000000000a1',
      hook_id: 'hook_approval_1',
      status: 'resumed',
    });
    expect(exitCode).toBe(0);
  });

  it('names the flag when nobody can be asked', async () => {
    const client = fakeClient(withHooks());
    const { stderr, exitCode } = await runCli(['hooks', 'resume', TOKEN], { client });
    expect(stderr).toBe(
      '✗ Nobody is there to answer: approved\n  Give --payload or --payload-file\n',
    );
    expect(exitCode).toBe(2);
    const noToken = await runCli(['hooks', 'resume', '-p', '1'], { client });
    expect(noToken.stderr).toContain('Give the token of the hook');
    expect(noToken.exitCode).toBe(2);
  });

  it.each([
    [['-p', '{"approved":'], 'is not valid JSON'],
    [['-p', '1', '-f', 'x.json'], 'exclude each other'],
    [['-f', 'nowhere.json'], 'cannot read nowhere.json'],
    [['-p', '"wrong"'], 'The payload: no'],
  ])('refuses %j', async (args, message) => {
    const { stderr, exitCode } = await runCli(['hooks', 'resume', TOKEN, ...args], {
      client: fakeClient(withHooks()),
    });
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
  });

  it('tells the loser of a race', async () => {
    const state = fakeState({ hooks: [hookRecord({ status: 'received' })] });
    const { stderr, exitCode } = await runCli(['hooks', 'resume', TOKEN, '-p', '1'], {
      client: fakeClient(state),
    });
    expect(stderr).toContain('is not waiting any more: it is received');
    expect(exitCode).toBe(1);
  });
});
