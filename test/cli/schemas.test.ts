import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { hook } from '../../src/primitives/hook.ts';
import { reportProgress } from '../../src/primitives/report-progress.ts';
import { startChildWorkflow } from '../../src/primitives/start-child-workflow.ts';
import { step } from '../../src/workflow/define-step.ts';
import { workflow } from '../../src/workflow/define-workflow.ts';
import { useCliWorld } from './cli-world.ts';

const FOLDER = new URL('../../docs/reference/schemas/', import.meta.url);
const names = readdirSync(FOLDER).map((file) => file.replace('.json', ''));
const schemaOf = (name: string) =>
  JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8'));

/** Nothing but what is described: a field that is added is described in the same commit. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [key, closed(value)]);
  const result = Object.fromEntries(entries);
  if (result.properties && result.type === 'object') result.additionalProperties ??= false;
  return result;
}

const world = useCliWorld();
const checked = new Set<string>();
let run = '';
let failed = '';

function check(name: string, document: unknown): void {
  checked.add(name);
  const ajv = new Ajv2020({ allErrors: true, strict: false, validateFormats: false });
  const validate = ajv.compile(closed(schemaOf(name)) as object);
  validate(document);
  expect(validate.errors ?? [], `${name}: ${JSON.stringify(document)}`).toEqual([]);
}

/** Its document on stdout, or on stderr, fits the schema of the command. */
async function fits(...args: string[]): Promise<unknown> {
  const { stdout, stderr } = await world.run([...args, '--json']);
  const document = JSON.parse(stdout || stderr);
  check(stdout ? `${args[0]}-${args[1]}` : 'error', document);
  return document;
}

beforeEach(async () => {
  const broken = step({ name: 'broken', maxRetries: 0 }, async () => {
    throw new TypeError('x', { cause: new Error('y') });
  });
  workflow({ name: 'leaf', input: z.object({ n: z.number() }) }, async () => 1);
  workflow({ name: 'asks' }, async () => {
    reportProgress(1, 2, 'half');
    await startChildWorkflow('leaf' as never, { n: 1 } as never);
    return hook('approval');
  });
  workflow({ name: 'fails' }, async () => broken());
  const asks = await world.client.start('asks');
  while ((await asks.status()) !== 'suspended') await new Promise((r) => setTimeout(r, 5));
  const fails = await world.client.start('fails');
  await fails.result().catch(() => {});
  run = asks.runId;
  failed = fails.runId;
});

describe('json documents fit their published schemas', () => {
  beforeAll(() => checked.clear());

  it('workflows', async () => {
    await fits('workflows', 'list');
    await fits('workflows', 'info', 'leaf');
    await fits('workflows', 'run', 'leaf', '--n', '1');
    await fits('workflows', 'run', 'leaf', '--n', '1', '--detach');
    await fits('workflows', 'run', 'leaf', '--n', '1', '--no-durable');
    await fits('workflows', 'run', 'fails');
    await fits('workflows', 'check');
    await fits('workflows', 'check', '--run', run, '--run', failed);
    await fits('workflows', 'info', 'nope');
  });

  it('runs', async () => {
    await fits('runs', 'list');
    for (const id of [run, failed]) {
      await fits('runs', 'status', id);
      await fits('runs', 'explain', id);
      await fits('runs', 'logs', id);
      await fits('runs', 'children', id);
      await fits('runs', 'chain', id);
      await fits('runs', 'tree', id);
      await fits('runs', 'export', id);
    }
    await fits('runs', 'wait', failed);
    await fits('runs', 'diff', run, failed);
    await fits('runs', 'diff', run, run);
    await fits('runs', 'fork', failed, '--detach');
    await fits('runs', 'fork', failed);
    await fits('runs', 'resume', failed);
    await fits('runs', 'resume', run, failed);
    await fits('runs', 'cancel', run);
    await fits('runs', 'cancel', failed, 'nope');
    await fits('runs', 'list', '--limit', 'x');
  });

  it('hooks', async () => {
    const [hook] = (await fits('hooks', 'list')) as { run_id: string; hook_id: string }[];
    const token = `${hook?.run_id}:${hook?.hook_id}`;
    await fits('hooks', 'info', token);
    await fits('hooks', 'run', run);
    await fits('hooks', 'resume', token, '--payload', '1');
  });

  it('schedules', async () => {
    const id = 'sched_1';
    const timing = ['--cron', '0 9 * * *', '--timezone', 'Europe/Berlin', '--jitter', '1m'];
    await fits('schedules', 'create', 'leaf', '--arg', 'n=1', '--schedule-id', id, ...timing);
    await fits('schedules', 'update', id, '--calendar', 'at=09:00,weekday=mon', '--end', '365d');
    await fits('schedules', 'list');
    await fits('schedules', 'show', id);
    await fits('schedules', 'pause', id, '--reason', 'x');
    await fits('schedules', 'show', id);
    await fits('schedules', 'explain', id);
    await fits('schedules', 'resume', id);
    await fits('schedules', 'trigger', id);
    await fits('schedules', 'backfill', id, '--start', '30d', '--end', '1d');
    await fits('schedules', 'preview', id);
    await fits('schedules', 'preview', ...timing, '--count', '200');
    await fits('schedules', 'explain', id, '--at', '2026-11-16T09:00');
    await fits('schedules', 'logs', id);
    await fits('schedules', 'delete', id, '--force');
    await fits('schedules', 'show', 'nope');
  });

  it('worker', async () => {
    await fits('worker', 'status');
    await fits('worker', 'list', '--all');
    await fits('worker', 'queues');
  });

  it('and every schema has been held against one', () => {
    expect([...checked].sort()).toEqual([...names].sort());
  });
});
