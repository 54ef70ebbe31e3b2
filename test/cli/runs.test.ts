import { describe, expect, it } from 'vitest';
import { fakeClient, fakeState } from './fake-client.ts';
import { EVENTS, hookRecord, runningRecord, runRecord } from './records.ts';
import { NOW, runCli } from './run-cli.ts';

const A1 = 'run_00000000000000a1';
const B2 = 'run_00000000000000b2';
const failure = {
  name: 'StepFailedError',
  message: "Step 'pay' failed after 1 attempt: no money",
  code: 'STEP_FAILED',
  fields: { hint: 'Earn some.' },
};

function twoRuns() {
  return fakeState({
    runs: [
      runningRecord({ runId: B2, workflowName: 'sendNotification', tags: ['mail'] }),
      runRecord({ runId: A1 }),
    ],
    events: { [A1]: EVENTS, [B2]: [] },
  });
}

describe('runs list', () => {
  it('is a table for people', async () => {
    const { stdout, stderr, exitCode } = await runCli(['runs', 'list'], {
      client: fakeClient(twoRuns()),
    });
    expect(stdout).toBe(
      [
        'RUN ID                WORKFLOW          STATUS       STARTED  DURATION',
        'run_00000000000000b2  sendNotification  ● running    2m ago   2m',
        'run_00000000000000a1  processOrder      ✓ completed  2m ago   1.3s',
        '',
      ].join('\n'),
    );
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
  });

  it('fits a narrow terminal and keeps ids whole', async () => {
    const { stdout } = await runCli(['runs', 'list'], {
      client: fakeClient(twoRuns()),
      columns: 60,
    });
    const lines = stdout.trimEnd().split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(stdout).toContain(A1);
    expect(stdout).toContain('…');
  });

  it('is tab-separated in plain, without header, ids first', async () => {
    const { stdout } = await runCli(['runs', 'list', '--output', 'plain'], {
      client: fakeClient(twoRuns()),
    });
    expect(stdout).toBe(
      `${B2}\tsendNotification\trunning\t2026-11-22T11:58:00.000Z\t\n` +
        `${A1}\tprocessOrder\tcompleted\t2026-11-22T11:58:00.000Z\t1.25s\n`,
    );
  });

  it('is one document in json, with null for what is not there', async () => {
    const { stdout } = await runCli(['--json', 'runs', 'list'], { client: fakeClient(twoRuns()) });
    expect(JSON.parse(stdout)[1]).toEqual({
      run_id: A1,
      workflow_name: 'processOrder',
      status: 'completed',
      created_at: '2026-11-22T11:58:00.000Z',
      started_at: '2026-11-22T11:58:00.000Z',
      completed_at: '2026-11-22T11:58:01.250Z',
      duration: '1.25s',
      duration_ms: 1250,
      updated_at: '2026-11-22T11:58:01.250Z',
      error: null,
      idempotency_key: null,
      max_duration_ms: null,
      tags: [],
      metadata: {},
      recovery_attempts: 0,
      max_recovery_attempts: 3,
      parent_run_id: null,
      nesting_depth: 0,
      continued_from_run_id: null,
      continued_to_run_id: null,
      forked_from_run_id: null,
      schedule_id: null,
      scheduled_time: null,
      code_version: null,
      progress: null,
    });
  });

  it('of nothing is [] in json, nothing in plain, a hint in table, and never a failure', async () => {
    expect(await runCli(['runs', 'list', '--json'])).toEqual({
      stdout: '[]\n',
      stderr: '',
      exitCode: 0,
    });
    expect(await runCli(['runs', 'list', '--output', 'plain'])).toEqual({
      stdout: '',
      stderr: '',
      exitCode: 0,
    });
    const table = await runCli(['runs', 'list']);
    expect(table).toEqual({
      stdout: '',
      stderr: 'No runs. Start one with: pyworkflow workflows run\n',
      exitCode: 0,
    });
    expect((await runCli(['runs', 'list', '--quiet'])).stderr).toBe('');
  });

  it('passes every filter on and says how to see more', async () => {
    const state = twoRuns();
    const args = [
      'runs',
      'list',
      '-q',
      'ord',
      '--workflow',
      'w',
      '--status',
      'failed',
      '--status',
      'RUNNING',
    ];
    const more = ['--tag', 't', '--since', '2026-11-22', '--until', '2026-11-22T10:00:00+01:00'];
    const { stderr } = await runCli([...args, ...more, '--limit', '1', '--cursor', 'c'], {
      client: fakeClient(state),
    });
    expect(state.calls[0]).toEqual([
      'list',
      {
        query: 'ord',
        workflowName: 'w',
        statuses: ['failed', 'running'],
        tag: 't',
        since: Date.UTC(2026, 10, 22),
        until: Date.UTC(2026, 10, 22, 9),
        limit: 1,
        cursor: 'c',
      },
    ]);
    expect(stderr).toBe('There are more: --cursor next-page\n');
  });

  it.each([
    [['--limit', '0'], 'It must be a whole number of at least 1.'],
    [['--limit', 'x'], 'It must be a whole number of at least 1.'],
    [
      ['--since', 'yesterday'],
      "--since must be like 1h (ago), 2026-11-22 or 2026-11-22T14:00:00Z, not 'yesterday'",
    ],
    [['--status', 'done'], 'It must be one of pending, running'],
    [['--colour'], "unknown option '--colour'"],
  ])('refuses %j', async (args, message) => {
    const { stdout, stderr, exitCode } = await runCli(['runs', 'list', ...args]);
    expect(stderr).toContain(message);
    expect([stdout, exitCode]).toEqual(['', 2]);
  });
});

describe('runs status', () => {
  it('shows a run', async () => {
    const run = runRecord({ status: 'failed', result: null, error: failure, tags: ['a', 'b'] });
    const { stdout } = await runCli(['runs', 'status', 'latest'], {
      client: fakeClient(fakeState({ runs: [run] })),
    });
    expect(stdout).toBe(
      [
        'Run       run_00000000000000a1',
        'Workflow  processOrder',
        'Status    ✗ failed',
        'Created   2026-11-22T11:58:00.000Z  2m ago',
        'Started   2026-11-22T11:58:00.000Z  2m ago',
        'Ended     2026-11-22T11:58:01.250Z  2m ago',
        'Duration  1.3s',
        'Tags      a, b',
        'Input     {',
        '            "orderId": "ORD-1"',
        '          }',
        "Error     StepFailedError: Step 'pay' failed after 1 attempt: no money",
        '',
      ].join('\n'),
    );
  });

  it('has input, result and the whole error in json', async () => {
    const run = runRecord({ status: 'failed', result: null, error: failure });
    const { stdout } = await runCli(['runs', 'status', A1, '--json'], {
      client: fakeClient(fakeState({ runs: [run] })),
    });
    expect(JSON.parse(stdout)).toMatchObject({
      run_id: A1,
      input: { orderId: 'ORD-1' },
      result: null,
      error: { name: 'StepFailedError', code: 'STEP_FAILED', stack: null, cause: null },
    });
  });

  it('says what a suspended run waits for', async () => {
    const run = runningRecord({ status: 'suspended' });
    const { stderr } = await runCli(['runs', 'status', A1], {
      client: fakeClient(fakeState({ runs: [run], hooks: [hookRecord()] })),
    });
    expect(stderr).toBe(`Waits for: pyworkflow hooks resume ${A1}:hook_approval_1\n`);
  });

  it('shows undefined as null', async () => {
    const run = runRecord({ result: { $: 'undefined' } });
    const { stdout } = await runCli(['runs', 'status', A1, '--json'], {
      client: fakeClient(fakeState({ runs: [run] })),
    });
    expect(JSON.parse(stdout).result).toBeNull();
  });

  it('does not let stored text drive the terminal', async () => {
    const run = runRecord({ workflowName: 'a\u001b[2Jb' });
    const { stdout } = await runCli(['runs', 'status', A1], {
      client: fakeClient(fakeState({ runs: [run] })),
    });
    expect(stdout).toContain('a�[2Jb');
  });

  it('of an unknown or ambiguous id', async () => {
    const client = fakeClient(twoRuns());
    expect(await runCli(['runs', 'status', 'nope'], { client })).toEqual({
      stdout: '',
      stderr:
        "✗ There is no run 'nope'\n  List the runs of this store with: pyworkflow runs list\n",
      exitCode: 4,
    });
    const ambiguous = await runCli(['runs', 'status', 'run_', '--json'], { client });
    expect(ambiguous.exitCode).toBe(2);
    expect(JSON.parse(ambiguous.stderr)).toEqual({
      error: {
        code: 'AMBIGUOUS_ID',
        message: `'run_' fits more than one run: ${B2}, ${A1}`,
        hint: 'Give more digits of the id.',
        details: { prefix: 'run_', candidates: [B2, A1] },
      },
    });
  });
});

describe('runs logs', () => {
  it('lists events and never the secret', async () => {
    const client = fakeClient(twoRuns());
    const table = await runCli(['runs', 'logs', A1], { client });
    expect(table.stdout.replace(/\d\d:\d\d:\d\d\.\d{3}/g, 'TIME        ')).toBe(
      [
        '#  EVENT               TIME          DETAIL',
        '1  workflow.started    TIME          processOrder {"orderId":"ORD-1"}',
        '2  step.started        TIME          pay("ORD-1")',
        '3  step.completed      TIME          pay → 7',
        '4  workflow.completed  TIME          {"status":"ok"}',
        '',
      ].join('\n'),
    );
    for (const format of ['table', 'json', 'plain']) {
      for (const more of [[], ['--follow'], ['-v']]) {
        const { stdout } = await runCli(['runs', 'logs', A1, '--output', format, ...more], {
          client,
        });
        expect(stdout).not.toContain('hush');
        expect(stdout).toContain('workflow.completed');
      }
    }
  });

  it('is the same array in json, followed or not', async () => {
    const client = fakeClient(twoRuns());
    const once = await runCli(['runs', 'logs', A1, '--json'], { client });
    const followed = await runCli(['runs', 'logs', A1, '--json', '--follow'], { client });
    expect(JSON.parse(once.stdout)[2]).toEqual({
      event_id: expect.stringMatching(/^evt_[0-9a-f]{16}$/),
      sequence: 3,
      type: 'step.completed',
      timestamp: '2026-11-22T11:58:01.250Z',
      data: { step_id: 'step_pay_1', step_name: 'pay', result: 7, attempt: 1 },
    });
    expect(JSON.parse(followed.stdout)).toEqual(JSON.parse(once.stdout));
    const none = await runCli(['runs', 'logs', B2, '--json', '--follow'], { client });
    expect(none.stdout).toBe('[]\n');
  });

  it.each([['step_completed'], ['STEP.COMPLETED'], ['p.comp']])('filters by %s', async (filter) => {
    const { stdout } = await runCli(['runs', 'logs', A1, '--filter', filter, '--output', 'plain'], {
      client: fakeClient(twoRuns()),
    });
    expect(stdout).toMatch(/^3\tstep\.completed\t2026-11-22T11:58:01\.250Z\t\{.*\}\n$/);
  });

  it('takes several filters', async () => {
    const args = ['runs', 'logs', A1, '--filter', 'started', '--filter', 'step', '--json'];
    const { stdout } = await runCli(args, { client: fakeClient(twoRuns()) });
    expect(JSON.parse(stdout).map((e: { sequence: number }) => e.sequence)).toEqual([1, 2, 3]);
  });

  it('stops at Ctrl-C with a whole document', async () => {
    const state = { ...twoRuns(), endless: true };
    const { stdout, exitCode } = await runCli(['runs', 'logs', A1, '--follow', '--json'], {
      client: fakeClient(state),
      stopWith: 'SIGINT',
    });
    expect(JSON.parse(stdout)).toHaveLength(4);
    expect(exitCode).toBe(130);
  });
});

describe('runs cancel', () => {
  it('asks one run to stop', async () => {
    const state = twoRuns();
    const { stdout, stderr, exitCode } = await runCli(
      ['runs', 'cancel', B2, '--reason', 'enough', '--json'],
      { client: fakeClient(state) },
    );
    expect(JSON.parse(stdout)).toEqual({
      run_id: B2,
      cancelled: true,
      status: 'cancelled',
      error: null,
    });
    expect(stderr).toBe(`✓ Run ${B2} is cancelled\n`);
    expect(exitCode).toBe(0);
    expect(state.calls[0]).toEqual(['cancel', B2, { reason: 'enough', requestedBy: 'cli' }]);
  });

  it('warns about a run that had ended', async () => {
    const { stdout, stderr, exitCode } = await runCli(['runs', 'cancel', A1], {
      client: fakeClient(twoRuns()),
    });
    expect([stdout, exitCode]).toEqual(['', 0]);
    expect(stderr).toBe(`! Run ${A1} had ended already: it is completed\n`);
  });

  it('reads ids from stdin, tries all and reports the first failure', async () => {
    const { stdout, exitCode } = await runCli(['runs', 'cancel', '-', '--json'], {
      client: fakeClient(twoRuns()),
      stdin: `${A1}\nnope\n${B2}\n`,
    });
    const results = JSON.parse(stdout);
    expect(results.map((r: { cancelled: boolean }) => r.cancelled)).toEqual([false, false, true]);
    expect(results[1].error).toMatchObject({ code: 'RUN_NOT_FOUND' });
    expect(exitCode).toBe(4);
  });

  it('is a plain line per run', async () => {
    const { stdout } = await runCli(['runs', 'cancel', A1, B2, '--output', 'plain'], {
      client: fakeClient(twoRuns()),
    });
    expect(stdout).toBe(`${A1}\tcompleted\n${B2}\tcancelled\n`);
  });

  it('fails for one unknown id like every other command', async () => {
    const { stderr, exitCode } = await runCli(['runs', 'cancel', 'nope', '--json']);
    expect(JSON.parse(stderr).error.code).toBe('RUN_NOT_FOUND');
    expect(exitCode).toBe(4);
  });
});

describe('runs wait', () => {
  const parked = (code: string) =>
    runningRecord({ status: 'interrupted', error: { name: 'E', message: 'm', code } });
  it.each([
    [runRecord(), 0],
    [runRecord({ status: 'failed', error: failure, result: null }), 1],
    [runRecord({ status: 'cancelled', result: null }), 3],
    [runRecord({ status: 'continued_as_new', result: null }), 0],
    [parked('NON_DETERMINISM'), 7],
    [parked('STUCK'), 1],
  ])('%#: exit code by the end of the run', async (run, code) => {
    const { stdout, exitCode } = await runCli(['runs', 'wait', 'latest', '--json'], {
      client: fakeClient(fakeState({ runs: [run] })),
    });
    expect(exitCode).toBe(code);
    expect(JSON.parse(stdout)).toMatchObject({
      run_id: A1,
      workflow_name: 'processOrder',
      runtime: 'local',
      status: run.status,
      result: run.result,
    });
  });

  it('gives up after --timeout', async () => {
    const { stderr, exitCode } = await runCli(['runs', 'wait', B2, '--timeout', '1.5s'], {
      client: fakeClient(twoRuns()),
    });
    expect(stderr).toContain(`Run ${B2} did not end within 1500 ms`);
    expect(exitCode).toBe(5);
  });
});

describe('runs resume', () => {
  it('wakes a parked run', async () => {
    const state = fakeState({ runs: [runningRecord({ status: 'interrupted' })] });
    const { stdout, exitCode } = await runCli(['runs', 'resume', A1, '--json'], {
      client: fakeClient(state),
    });
    expect(JSON.parse(stdout)).toEqual({
      run_id: A1,
      workflow_name: 'processOrder',
      status: 'pending',
    });
    expect(exitCode).toBe(0);
  });

  it('fails for a run that is not parked', async () => {
    const { exitCode } = await runCli(['runs', 'resume', A1], { client: fakeClient(twoRuns()) });
    expect(exitCode).toBe(1);
  });
});

it('closes the client whatever happens', async () => {
  const state = twoRuns();
  await runCli(['runs', 'status', 'nope'], { client: fakeClient(state) });
  expect(state.calls.at(-1)).toEqual(['close']);
  expect(NOW).toBeGreaterThan(0);
});
