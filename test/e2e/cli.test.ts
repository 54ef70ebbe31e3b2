import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// The real binary in real processes: needs `npm run build`.
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = join(ROOT, 'bin/pyworkflow.js');

const APPROVAL = `
import { hook, workflow } from 'pyworkflow';
export const approve = workflow({ name: 'approve' }, async () => {
  const answer = await hook<{ ok: boolean }>('approval');
  return { answer };
});
`;

let folder = '';
const env = { NO_COLOR: '1' };

function start(args: readonly string[], cwd = folder) {
  return execa(process.execPath, [BIN, ...args], { cwd, env, reject: false });
}

async function json(args: readonly string[]) {
  const { stdout, stderr } = await start([...args, '--json']);
  return JSON.parse(stdout || stderr);
}

beforeAll(async () => {
  expect(existsSync(join(ROOT, 'dist/cli/main.js')), 'run `npm run build` first').toBe(true);
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'pyworkflow-e2e-')));
  const { exitCode } = await start(['quickstart', '-y']);
  expect(exitCode).toBe(0);
  writeFileSync(join(folder, 'workflows/approval.ts'), APPROVAL);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a fresh quickstart folder', () => {
  it('runs its workflows, and remembers them', async () => {
    expect(await json(['workflows', 'run', 'processOrder', '--arg', 'orderId=1'])).toMatchObject({
      workflow_name: 'processOrder',
      status: 'completed',
      result: { orderId: '1', status: 'completed', payment: { amount: 99.99 } },
    });
    const sent = await json([
      'workflows',
      'run',
      'sendNotification',
      '--arg',
      'userId=a',
      '--arg',
      'message=b',
    ]);
    expect(sent.result.sent).toHaveLength(2);
    const runs = await json(['runs', 'list']);
    expect(runs.map((run: { workflow_name: string }) => run.workflow_name)).toEqual([
      'sendNotification',
      'processOrder',
    ]);
    const types = (await json(['runs', 'logs', 'latest'])).map((e: { type: string }) => e.type);
    expect(types).toEqual(expect.arrayContaining(['sleep.started', 'sleep.completed']));
  }, 20_000);

  it('prints only commands that work', async () => {
    const { next_steps: steps } = await json(['quickstart', '-y']);
    for (const step of steps) {
      const { exitCode, stderr } = await execa(step, {
        cwd: folder,
        env,
        shell: true,
        reject: false,
      });
      expect(exitCode, `${step}\n${stderr}`).toBe(0);
    }
  }, 30_000);

  it('fails with the reason for an order without id', async () => {
    const { exitCode, stderr } = await start(['workflows', 'run', 'processOrder']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('An order needs an orderId');
  });

  it('takes a hook payload from another process while the run is followed', async () => {
    const run = start(['workflows', 'run', 'approve', '--json']);
    const token = await pendingToken();
    const resumed = await json(['hooks', 'resume', token, '-p', '{"ok":true}']);
    expect(resumed.status).toBe('resumed');
    const { stdout, exitCode } = await run;
    expect(JSON.parse(stdout).result).toEqual({ answer: { ok: true } });
    expect(exitCode).toBe(0);
    const again = await start(['hooks', 'resume', token, '-p', '{}']);
    expect(again.exitCode).toBe(1);
  }, 20_000);

  it('takes a hook payload while nothing runs; Ctrl-C detaches, a worker continues', async () => {
    const run = start(['workflows', 'run', 'approve']);
    const token = await pendingToken();
    run.kill('SIGINT');
    const detached = await run;
    expect(detached.exitCode).toBe(130);
    expect(detached.stderr).toContain('it is durable, nothing is lost');
    expect((await start(['hooks', 'resume', token, '-p', '{"ok":false}'])).exitCode).toBe(0);

    const worker = start(['worker', 'run']);
    const waited = await start([
      'runs',
      'wait',
      token.split(':')[0] ?? '',
      '--timeout',
      '10s',
      '--json',
    ]);
    expect(JSON.parse(waited.stdout)).toMatchObject({
      status: 'completed',
      result: { answer: { ok: false } },
    });
    worker.kill('SIGTERM');
    expect((await worker).exitCode).toBe(0);
  }, 30_000);
});

async function pendingToken(): Promise<string> {
  for (;;) {
    const hooks = await json(['hooks', 'list', '--status', 'pending']);
    if (hooks.length > 0) return hooks[0].token;
  }
}

describe('the binary', () => {
  it('hands over to the installation of the project', async () => {
    const project = join(folder, 'other');
    const own = join(project, 'node_modules/pyworkflow');
    mkdirSync(join(own, 'bin'), { recursive: true });
    const manifest = { name: 'pyworkflow', type: 'module', bin: { pyworkflow: 'bin/x.js' } };
    writeFileSync(join(own, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(own, 'bin/x.js'), 'console.log("its own", process.argv[2]);');
    expect((await start(['--version'], project)).stdout).toBe('its own --version');
    const { stdout } = await start(['runs', '--config', join(project, 'pyworkflow.config.yaml')]);
    expect(stdout).toBe('its own runs');
  });

  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect((await start(['--version'])).stdout).toBe(version);
  });

  it('does not mind a reader that leaves', async () => {
    const line = `"${process.execPath}" "${BIN}" runs list --json | head -c 1; exit \${PIPESTATUS[0]}`;
    const { exitCode, stdout, stderr } = await execa('bash', ['-c', line], {
      cwd: folder,
      env,
      reject: false,
    });
    expect([exitCode, stdout, stderr]).toEqual([0, '[', '']);
  });

  it('prints errors as json', async () => {
    const { stderr, exitCode, stdout } = await start([
      'runs',
      'list',
      '--config',
      'nowhere.yaml',
      '--json',
    ]);
    expect(JSON.parse(stderr).error.code).toBe('CONFIG');
    expect([exitCode, stdout]).toEqual([2, '']);
  });
});

describe('demo', () => {
  it('proves itself', async () => {
    const { stdout, exitCode, stderr } = await start(['demo', '--json']);
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      proven: true,
      status: 'completed',
      steps: [
        { step: 'reserveFlight', begun: 1, finished: 1 },
        { step: 'reserveHotel', begun: 1, finished: 1 },
        { step: 'chargeCard', begun: 2, finished: 1 },
        { step: 'sendTickets', begun: 1, finished: 1 },
      ],
    });
  }, 30_000);
});
