import { beforeEach, describe, expect, it } from 'vitest';
import { workflow } from '../../src/workflow/define-workflow.ts';
import { useCliWorld } from './cli-world.ts';
import { NOW } from './run-cli.ts';

const world = useCliWorld();
beforeEach(() => void workflow({ name: 'wf' }, async () => 1));

const register = (workerId: string, pid: number, expiresAt: number) =>
  world.store.registerWorker({
    ...{ workerId, name: `box:${pid}`, host: 'box', pid, processKey: null },
    ...{ startedAt: NOW - 60_000, expiresAt },
  });

describe.each(['status', 'list'])('worker %s', (verb) => {
  it('shows who is alive, and what there is to do', async () => {
    await register('worker_7', 7, NOW + 12_000);
    await register('worker_8', 8, NOW - 60_000);
    await world.client.start('wf', undefined, { detach: true });
    expect(await world.run(['worker', verb])).toEqual({
      stdout: [
        'WORKER  STATUS   HOST  PID  STARTED  LEASE    WORK',
        'box:7   ● alive  box   7    1m ago   for 12s  -',
        '',
      ].join('\n'),
      stderr: '0 running, 1 waiting for a worker, 0 asleep, 0 parked\n',
      exitCode: 0,
    });
    const plain = await world.run(['worker', verb, '--all', '--output', 'plain']);
    expect(plain.stdout).toBe(
      'box:7\talive\tbox\t7\t2026-11-22T11:59:00.000Z\t2026-11-22T12:00:12.000Z\t\n' +
        'box:8\tsilent\tbox\t8\t2026-11-22T11:59:00.000Z\t2026-11-22T11:59:00.000Z\t\n',
    );
    expect(await world.json(['worker', verb])).toEqual([
      {
        name: 'box:7',
        status: 'alive',
        concurrency: null,
        processed: null,
        active_tasks: 0,
        worker_id: 'worker_7',
        host: 'box',
        pid: 7,
        started_at: '2026-11-22T11:59:00.000Z',
        lease_expires_at: '2026-11-22T12:00:12.000Z',
        run_ids: [],
      },
    ]);
  });

  it('of nobody', async () => {
    expect(await world.run(['worker', verb])).toEqual({
      stdout: '',
      stderr: [
        'No worker is alive. Start one with: pyworkflow worker run',
        '0 running, 0 waiting for a worker, 0 asleep, 0 parked',
        '',
      ].join('\n'),
      exitCode: 0,
    });
    expect((await world.run(['worker', verb, '--json'])).stdout).toBe('[]\n');
  });
});

describe('worker queues', () => {
  it('in three formats', async () => {
    await world.client.start('wf', undefined, { detach: true });
    await world.client.schedules.create('wf', { interval: '1h' });
    const table = await world.run(['worker', 'queues']);
    expect(table).toEqual({
      stdout: [
        'QUEUE                 DUE  ACTIVE  WAITING  PURPOSE',
        'pyworkflow.workflows  1    0       0        runs to start and to go on with',
        'pyworkflow.steps      0    0       0        steps: executed with their run',
        'pyworkflow.schedules  1    0       0        schedules to fire',
        'pyworkflow.default    0    0       0        everything else',
        '',
      ].join('\n'),
      stderr: '',
      exitCode: 0,
    });
    const plain = await world.run(['worker', 'queues', '--output', 'plain']);
    expect(plain.stdout.split('\n')[0]).toBe(
      'pyworkflow.workflows\t1\t0\t0\truns to start and to go on with',
    );
    expect(((await world.json(['worker', 'queues'])) as object[])[0]).toEqual({
      name: 'pyworkflow.workflows',
      purpose: 'runs to start and to go on with',
      routing_key: 'pyworkflow.workflows',
      due: 1,
      active: 0,
      waiting: 0,
    });
  });
});
