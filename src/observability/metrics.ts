import type * as PromClient from 'prom-client';
import type { StepContext } from '../workflow/context.ts';
import { loadOptional } from './load-optional.ts';
import type { Observer } from './observer.ts';

export interface Metrics {
  readonly observer: Observer;
  /** In the text format of Prometheus. */
  text(): Promise<string>;
}

/** @throws MissingDependencyError */
export async function loadMetrics(): Promise<Metrics> {
  return createMetrics(
    await loadOptional('prom-client', 'observability.metrics', () => import('prom-client')),
  );
}

/** Of one client, in a registry of its own: what the application itself counts is its own business. */
function createMetrics({ Registry, Counter, Gauge, Histogram }: typeof PromClient): Metrics {
  const registry = new Registry();
  const active = new Map<string, string>();
  const begun = new WeakMap<StepContext, number>();

  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name: `pyworkflow_${name}`, help, labelNames, registers: [registry] });
  const histogram = <L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    buckets: number[],
  ) => {
    const known = { name: `pyworkflow_${name}`, help, labelNames };
    return new Histogram({ ...known, buckets, registers: [registry] });
  };

  const started = counter('runs_started_total', 'Runs whose code began here.', ['workflow']);
  const ended = counter('runs_ended_total', 'Runs that ended or were parked here, by status.', [
    'workflow',
    'status',
  ]);
  const attempts = counter('step_attempts_total', 'Attempts of steps that ended, by outcome.', [
    'workflow',
    'step',
    'outcome',
  ]);
  const replayed = counter('replayed_events_total', 'Events that runs were replayed from.', [
    'workflow',
  ]);
  const recovered = counter('recoveries_total', 'Runs taken over from workers that died.', [
    'workflow',
  ]);
  const lost = counter('lease_losses_total', 'Runs lost to another worker.', ['workflow']);
  const seconds = histogram(
    'step_duration_seconds',
    'How long attempts of steps took.',
    ['workflow', 'step'],
    STEP_SECONDS,
  );
  const writes = histogram('commit_writes', 'Decisions in one commit.', [], COMMIT_WRITES);
  const flush = histogram('commit_duration_seconds', 'How long commits took.', [], COMMIT_SECONDS);
  new Gauge({
    name: 'pyworkflow_runs_active',
    help: 'Runs that are being advanced here.',
    labelNames: ['workflow'],
    registers: [registry],
    collect() {
      this.reset();
      for (const workflow of active.values()) this.inc({ workflow });
    },
  });

  const observer: Observer = {
    runStarted: ({ workflowName: workflow }) => started.inc({ workflow }),
    runOpened: ({ runId, workflowName }) => void active.set(runId, workflowName),
    runReplayed: ({ workflowName: workflow }, events) => replayed.inc({ workflow }, events),
    runRecovered: ({ workflowName: workflow }) => recovered.inc({ workflow }),
    runSuspended: ({ runId }) => void active.delete(runId),
    runEnded({ runId, workflowName: workflow }, status) {
      active.delete(runId);
      ended.inc({ workflow, status });
    },
    runLost({ runId, workflowName: workflow }) {
      active.delete(runId);
      lost.inc({ workflow });
    },
    runAbandoned: ({ runId }) => void active.delete(runId),
    runAttempt(step, run) {
      begun.set(step, performance.now());
      return run();
    },
    attemptEnded(step, outcome) {
      const labels = { workflow: step.workflowName, step: step.stepName };
      attempts.inc({ ...labels, outcome });
      const since = begun.get(step);
      if (since !== undefined) seconds.observe(labels, (performance.now() - since) / 1000);
    },
    commitFlushed(count, ms) {
      writes.observe(count);
      flush.observe(ms / 1000);
    },
  };
  return { observer, text: () => registry.metrics() };
}

/** From what a function call costs to what a person takes. */
const STEP_SECONDS = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300, 1800];
const COMMIT_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1];
const COMMIT_WRITES = [1, 2, 5, 10, 25, 50, 100, 250, 1000];
