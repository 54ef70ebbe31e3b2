import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { context, type SpanContext, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Client } from '../../../src/client/client.ts';
import { setLogging } from '../../../src/observability/log-settings.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { configureLogging, getLogger } from '../../../src/observability/logging.ts';
import { traceIdentity } from '../../../src/observability/trace-identity.ts';
import { hook } from '../../../src/primitives/hook.ts';
import { sleep } from '../../../src/primitives/sleep.ts';
import { startChildWorkflow } from '../../../src/primitives/start-child-workflow.ts';
import { getContext } from '../../../src/workflow/context.ts';
import { step } from '../../../src/workflow/define-step.ts';
import { workflow } from '../../../src/workflow/define-workflow.ts';
import { BACKENDS, errorOf, gate, until, useWorld } from './world.ts';

const COLD = { worker: { cacheSize: 0 } };

async function resumeHook(client: Client, runId: string): Promise<void> {
  await until(async () => (await client.runs.get(runId)).status === 'suspended');
  const { items } = await client.hooks.list({ runId });
  await client.hooks.resume(items[0]!.token, 'go');
}

describe.each(BACKENDS)('logging on %s', (backend) => {
  const world = useWorld(backend);
  const log = getLogger();
  const audit = getLogger('audit', { history: true });

  function logged(): object[] {
    const lines = readFileSync(join(world.folder, 'log'), 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line));
  }

  beforeEach(() =>
    configureLogging({ level: 'debug', format: 'json', file: join(world.folder, 'log') }),
  );
  afterEach(() => {
    setLogging('program', {});
    setLogging('config', {});
  });

  it('says once what a replayed workflow says, and from where', async () => {
    let attempts = 0;
    const charge = step({ name: 'charge', maxRetries: 1, retryDelay: '10ms' }, async () => {
      log.info('charging');
      audit.info('attempt', { of: 'charge' });
      if (++attempts === 1) throw new Error('not yet');
    });
    let replays = 0;
    const wf = workflow({ name: 'order' }, async () => {
      replays++;
      log.info('begin');
      audit.warn('accepted', { amount: 3 });
      await charge();
      log.info('charged');
      await sleep('10ms');
      log.info('slept');
      await hook('approval');
      audit.info('approved');
    });
    const parts = { log: createLogger({ level: 'silent' }) };
    const first = await world.open(COLD, parts);
    const { runId } = await first.start(wf);
    await until(async () => (await first.hooks.list({ runId })).items.length === 1);
    await first.close();
    const second = await world.open(COLD, parts);
    await second.startWorker();
    await resumeHook(second, runId);
    await second.runs.wait(runId);

    expect(replays).toBeGreaterThanOrEqual(4);
    const head = { time: expect.any(String), level: 'info', run_id: runId, workflow: 'order' };
    const at = (attempt: number) => ({
      ...head,
      step_id: 'step_charge_1',
      step: 'charge',
      attempt,
    });
    expect(logged()).toEqual([
      { ...head, message: 'begin' },
      { ...head, message: 'accepted', level: 'warn', logger: 'audit', amount: 3 },
      { ...at(1), message: 'charging' },
      { ...at(1), message: 'attempt', logger: 'audit', of: 'charge' },
      { ...at(2), message: 'charging' },
      { ...at(2), message: 'attempt', logger: 'audit', of: 'charge' },
      { ...head, message: 'charged' },
      { ...head, message: 'slept' },
      { ...head, message: 'approved', logger: 'audit' },
    ]);
    const recorded = (await second.runs.events(runId)).flatMap(({ type, data }) =>
      type === 'log.recorded' ? [data] : [],
    );
    const attempt = { level: 'info', message: 'attempt', step_id: 'step_charge_1' };
    const fields = { of: 'charge', logger: 'audit' };
    const ofWorkflow = { step_id: null, fields: { logger: 'audit' } };
    expect(recorded).toEqual([
      { ...ofWorkflow, level: 'warn', message: 'accepted', fields: { amount: 3, logger: 'audit' } },
      { ...attempt, fields },
      { ...attempt, fields },
      { ...ofWorkflow, level: 'info', message: 'approved' },
    ]);
  });

  it('is nothing that a workflow has called', async () => {
    configureLogging();
    const write = vi.spyOn(process.stderr, 'write').mockImplementation(() => {
      process.nextTick(() => {});
      return true;
    });
    const wf = workflow({ name: 'wf' }, async () => {
      log.info('before it gets stuck', { at: new Date() });
      await new Promise(() => {});
    });
    const client = await world.open();
    const run = await client.start(wf);
    await client.runs.wait(run.runId);
    expect(write).toHaveBeenCalledTimes(1);
    write.mockRestore();
    expect((await client.runs.events(run.runId)).at(-1)).toMatchObject({
      type: 'workflow.interrupted',
      data: { reason: 'stuck', details: { awaiting: [] } },
    });
  });

  it('tells with the engine what is done, where debug is wanted', async () => {
    const one = step({ name: 'one' }, async () => log.info('from the step'));
    const wf = workflow({ name: 'wf' }, () => one());
    const client = await world.open({}, { log: createLogger() });
    const { runId } = await client.start(wf);
    await client.runs.wait(runId);
    expect(logged()).toMatchObject([
      { level: 'debug', message: 'run started', run_id: runId, workflow: 'wf' },
      { level: 'debug', message: 'run taken up' },
      { level: 'debug', message: 'attempt started', step_id: 'step_one_1', attempt: 1 },
      { level: 'info', message: 'from the step', step_id: 'step_one_1' },
      { level: 'debug', message: 'attempt ended', outcome: 'completed' },
      { level: 'debug', message: 'run ended', status: 'completed' },
    ]);
  });

  it('is configured with the client', async () => {
    configureLogging();
    const logFile = join(world.folder, 'log');
    const client = await world.open({
      observability: { logLevel: 'warn', logFormat: 'json', logFile },
    });
    const wf = workflow({ name: 'wf' }, async () => {
      log.info('not this');
      log.warn('but this');
    });
    await (await client.start(wf)).result();
    expect(logged()).toMatchObject([{ message: 'but this' }]);
  });
});

describe.each(BACKENDS)('tracing on %s', (backend) => {
  const world = useWorld(backend);
  const exporter = new InMemorySpanExporter();
  const TRACED = { ...COLD, observability: { tracing: true } };

  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const spanProcessors = [new SimpleSpanProcessor(exporter)];
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }));
  });
  afterAll(() => {
    context.disable();
    trace.disable();
  });
  afterEach(() => exporter.reset());

  const named = (name: string) => exporter.getFinishedSpans().filter((s) => s.name === name);
  const outcomes = (spans: readonly ReadableSpan[]) =>
    spans.map((span) => span.attributes['pyworkflow.outcome']);

  it('makes one trace of a run that is suspended and resumed elsewhere', async () => {
    const inside: (SpanContext | undefined)[] = [];
    let attempts = 0;
    const charge = step({ name: 'charge', maxRetries: 1, retryDelay: '5ms' }, async () => {
      await null;
      trace.getTracer('user').startSpan('query').end();
      inside.push(trace.getActiveSpan()?.spanContext());
      if (++attempts === 1) throw new RangeError('not yet');
    });
    const ship = step({ name: 'ship' }, async () => {});
    const active: unknown[] = [];
    const wf = workflow({ name: 'order' }, async () => {
      await charge();
      active.push(trace.getActiveSpan());
      await hook('approval');
      await ship();
    });
    const first = await world.open(TRACED);
    const { runId } = await first.start(wf);
    await until(async () => (await first.hooks.list({ runId })).items.length === 1);
    await first.close();
    const second = await world.open(TRACED);
    await second.startWorker();
    await resumeHook(second, runId);
    await second.runs.wait(runId);
    await until(() => outcomes(named('run order')).includes('completed'));

    const { traceId, spanId } = traceIdentity(runId);
    const spans = exporter.getFinishedSpans();
    expect(new Set(spans.map((span) => span.spanContext().traceId))).toEqual(new Set([traceId]));
    const periods = named('run order');
    for (const period of periods) {
      expect(period.parentSpanContext?.spanId).toBe(spanId);
      expect(period.attributes).toMatchObject({
        'pyworkflow.run_id': runId,
        'pyworkflow.workflow': 'order',
      });
      expect(period.links).toEqual([]);
    }
    expect(
      outcomes(periods)
        .slice(0, -1)
        .every((outcome) => outcome === 'suspended'),
    ).toBe(true);
    expect(outcomes(periods).at(-1)).toBe('completed');
    expect(periods.at(-1)?.attributes['pyworkflow.replayed_events']).toBeGreaterThan(5);

    const periodIds = new Set(periods.map((span) => span.spanContext().spanId));
    const charges = named('step charge');
    expect(outcomes(charges)).toEqual(['failed', 'completed']);
    for (const [index, span] of [...charges, ...named('step ship')].entries()) {
      expect(periodIds).toContain(span.parentSpanContext?.spanId);
      expect(span.attributes).toMatchObject({
        'pyworkflow.run_id': runId,
        'pyworkflow.workflow': 'order',
        'pyworkflow.step': index < 2 ? 'charge' : 'ship',
        'pyworkflow.attempt': index === 1 ? 2 : 1,
      });
    }
    expect(charges[0]).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'not yet' },
      events: [{ name: 'exception', attributes: { 'exception.type': 'RangeError' } }],
    });
    // What the step's code does hangs under its attempt; workflow code is in no span.
    expect(inside.map((span) => span?.spanId)).toEqual(charges.map((s) => s.spanContext().spanId));
    expect(named('query').map((span) => span.parentSpanContext?.spanId)).toEqual(
      charges.map((span) => span.spanContext().spanId),
    );
    expect(active.every((span) => span === undefined)).toBe(true);
  });

  it('links a child to its parent, and a run to the span it was started in', async () => {
    const child = workflow({ name: 'child' }, async () => {
      throw new Error('no luck');
    });
    const parent = workflow({ name: 'parent' }, async () => {
      await startChildWorkflow(child, undefined).catch(() => {});
    });
    const client = await world.open(TRACED);
    const request = trace.getTracer('user').startSpan('request');
    const active = trace.setSpan(context.active(), request);
    const { runId } = await context.with(active, () => client.start(parent));
    await client.runs.wait(runId);
    request.end();
    await until(() => outcomes(named('run parent')).includes('completed'));
    expect(named('run parent')[0]?.links).toMatchObject([
      {
        context: request.spanContext(),
        attributes: { 'pyworkflow.relation': 'caller' },
      },
    ]);
    expect(named('run child').length).toBeGreaterThan(0);
    for (const period of named('run child')) {
      expect(period.links).toMatchObject([
        { context: traceIdentity(runId), attributes: { 'pyworkflow.relation': 'parent' } },
      ]);
    }
    expect(named('run child').at(-1)).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'no luck' },
    });
  });

  it('ends every span, whatever becomes of the run', async () => {
    const stuck = gate();
    const slow = step({ name: 'slow' }, async () => {
      const { signal } = getContext();
      await new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason)),
      );
    });
    const hasty = step({ name: 'hasty', timeout: '10ms', maxRetries: 0 }, () => stuck.promise);
    const wf = workflow({ name: 'wf' }, async () => {
      await hasty().catch(() => {});
      await slow();
    });
    const client = await world.open(TRACED);
    const run = await client.start(wf);
    await until(() => named('step hasty').length === 1);
    await run.cancel('enough');
    expect(await errorOf(run.result())).toMatchObject({ code: 'CANCELLED' });
    await until(() => outcomes(named('run wf')).includes('cancelled'));
    expect(outcomes([...named('step hasty'), ...named('step slow')])).toEqual([
      'timed_out',
      'cancelled',
    ]);
    expect(named('run wf').at(-1)?.status.code).toBe(SpanStatusCode.UNSET);
    stuck.open();
  });

  it('sees runs without a store as well', async () => {
    const one = step({ name: 'one' }, async () => 1);
    const wf = workflow({ name: 'wf', durable: false }, () => one());
    const client = await world.open(TRACED);
    const run = await client.start(wf);
    await run.result();
    await until(() => named('run wf').length === 1);
    const { traceId } = traceIdentity(run.runId);
    expect(outcomes([...named('step one'), ...named('run wf')])).toEqual([
      'completed',
      'completed',
    ]);
    for (const span of exporter.getFinishedSpans())
      expect(span.spanContext().traceId).toBe(traceId);
  });
});

describe.each(BACKENDS)('metrics on %s', (backend) => {
  const world = useWorld(backend);
  const MEASURED = { ...COLD, observability: { metrics: true } };

  /** By name and labels, as they stand in the text. */
  async function measure(client: Client): Promise<{ [series: string]: number }> {
    const lines = (await client.metrics()).split('\n').filter((line) => /^[a-z]/.test(line));
    return Object.fromEntries(
      lines.map((line) => {
        const [, series = '', value = ''] = /^([a-z_]+(?:\{.*\})?) ([\d.e+-]+)$/.exec(line) ?? [];
        expect(series, line).not.toBe('');
        return [series, Number(value)];
      }),
    );
  }

  it('counts what it did', async () => {
    let attempts = 0;
    const shaky = step({ name: 'shaky', maxRetries: 1, retryDelay: '5ms' }, async () => {
      if (++attempts % 2 === 1) throw new Error('not yet');
    });
    const open = gate();
    const waiting = step({ name: 'waiting' }, () => open.promise);
    const wf = workflow({ name: 'wf' }, () => shaky());
    const failing = workflow({ name: 'failing' }, async () => {
      throw new Error('no');
    });
    const long = workflow({ name: 'long' }, () => waiting());
    const client = await world.open(MEASURED);
    await (await client.start(wf)).result();
    await (await client.start(wf)).result();
    await errorOf((await client.start(failing)).result());
    const run = await client.start(long);
    await until(async () => 'pyworkflow_runs_active{workflow="long"}' in (await measure(client)));
    const during = await measure(client);
    expect(during['pyworkflow_runs_active{workflow="long"}']).toBe(1);
    open.open();
    await run.result();
    const metrics = await measure(client);
    expect(metrics).toMatchObject({
      'pyworkflow_runs_started_total{workflow="wf"}': 2,
      'pyworkflow_runs_ended_total{workflow="wf",status="completed"}': 2,
      'pyworkflow_runs_ended_total{workflow="failing",status="failed"}': 1,
      'pyworkflow_step_attempts_total{workflow="wf",step="shaky",outcome="failed"}': 2,
      'pyworkflow_step_attempts_total{workflow="wf",step="shaky",outcome="completed"}': 2,
      'pyworkflow_step_duration_seconds_count{workflow="wf",step="shaky"}': 4,
    });
    expect(metrics.pyworkflow_commit_writes_count).toBeGreaterThanOrEqual(8);
    expect(metrics.pyworkflow_commit_duration_seconds_sum).toBeGreaterThan(0);
    expect(metrics['pyworkflow_replayed_events_total{workflow="wf"}']).toBeGreaterThan(0);
    expect(Object.keys(metrics).filter((key) => key.startsWith('pyworkflow_runs_active'))).toEqual(
      [],
    );
  });

  it('counts what is taken over, and what is lost', async () => {
    const gates = [gate(), gate()];
    let attempts = 0;
    const slow = step({ name: 'slow' }, () => gates[attempts++]?.promise);
    const wf = workflow({ name: 'wf' }, () => slow());
    const lease = { ...MEASURED, worker: { lease: '150ms' } };
    const stale = await world.open(lease, {
      wrap: (store) => ({ ...store, keepAlive: () => () => {} }),
    });
    const run = await stale.start(wf);
    await until(() => attempts === 1);
    const heir = await world.open(MEASURED);
    await heir.startWorker();
    await until(() => attempts === 2);
    gates[0]!.open();
    gates[1]!.open();
    await heir.runs.wait(run.runId);
    expect(await measure(heir)).toMatchObject({
      'pyworkflow_recoveries_total{workflow="wf"}': 1,
      'pyworkflow_runs_ended_total{workflow="wf",status="completed"}': 1,
    });
    await until(
      async () => (await measure(stale))['pyworkflow_lease_losses_total{workflow="wf"}'] === 1,
    );
    expect(await measure(stale)).not.toHaveProperty('pyworkflow_runs_active{workflow="wf"}');
  });

  it('says that they are not enabled', async () => {
    const client = await world.open();
    expect(await errorOf(client.metrics())).toMatchObject({
      code: 'CONFIG',
      hint: expect.stringContaining('observability.metrics'),
    });
  });
});
