import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, it } from 'vitest';

const tsx = import.meta.resolve('tsx');
const runner = fileURLToPath(new URL('run-observed.ts', import.meta.url));

async function run(...args: string[]) {
  const cwd = mkdtempSync(join(tmpdir(), 'pyworkflow-observed-'));
  const { stdout, stderr } = await execa(process.execPath, ['--import', tsx, runner, ...args], {
    cwd,
  });
  rmSync(cwd, { recursive: true });
  return { ...JSON.parse(stdout), stderr };
}

it('loads nothing that is not wanted, and says how to want it', async () => {
  const { loaded, error, stderr } = await run();
  expect(loaded).not.toContain('prom-client');
  expect(loaded).not.toContain('@opentelemetry/api');
  expect(error).toEqual({
    code: 'CONFIG',
    message: 'This client collects no metrics',
    hint: 'Set observability.metrics to true, in pyworkflow.config.yaml or in createClient()',
  });
  expect(stderr).toBe('');
});

it('loads what is wanted', async () => {
  const { loaded, metrics } = await run('{"metrics":true,"tracing":true}');
  expect(loaded).toEqual(expect.arrayContaining(['prom-client', '@opentelemetry/api']));
  expect(metrics).toContain('pyworkflow_runs_started_total{workflow="wf"} 1');
});

it.each([
  ['metrics', 'prom-client'],
  ['tracing', '@opentelemetry/api'],
])('says which package %s lacks', async (key, pkg) => {
  const { error } = await run(JSON.stringify({ [key]: true }), pkg);
  expect(error).toEqual({
    code: 'MISSING_DEPENDENCY',
    message: `observability.${key} needs the package '${pkg}', which cannot be loaded`,
    hint: `Install it: npm install ${pkg}`,
  });
});
