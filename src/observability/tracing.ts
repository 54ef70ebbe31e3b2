import type * as OpenTelemetry from '@opentelemetry/api';
import type { Link, Span, SpanContext } from '@opentelemetry/api';
import type { EncodedError } from '../core/error-codec.ts';
import type { StepContext } from '../workflow/context.ts';
import { loadOptional } from './load-optional.ts';
import type { ObservedRun, Observer } from './observer.ts';
import { traceIdentity } from './trace-identity.ts';

/** @throws MissingDependencyError */
export async function loadTracing(): Promise<Observer> {
  return createTracing(
    await loadOptional(
      '@opentelemetry/api',
      'observability.tracing',
      () => import('@opentelemetry/api'),
    ),
  );
}

/**
 * One trace a run, whoever advances it and however often it is suspended: a span for each period in
 * which it is advanced, and in that one for each attempt of a step. Spans go to the provider that
 * the application has registered.
 *
 * A child and a continued run have traces of their own, with a link to the run they come from: a
 * parent may wait for thousands of them, for months.
 */
function createTracing({ trace, context, ...api }: typeof OpenTelemetry): Observer {
  const tracer = trace.getTracer('pyworkflow');
  const periods = new Map<string, Span>();
  const attempts = new WeakMap<StepContext, Span>();

  function rootOf(runId: string): SpanContext {
    return { ...traceIdentity(runId), traceFlags: api.TraceFlags.SAMPLED, isRemote: true };
  }

  /** Not under whatever is active here: what called is none of the run's business. */
  function contextUnder(runId: string) {
    const period = periods.get(runId);
    if (period !== undefined) return trace.setSpan(api.ROOT_CONTEXT, period);
    return trace.setSpanContext(api.ROOT_CONTEXT, rootOf(runId));
  }

  function open(run: ObservedRun, links: Link[], startedAt: number | null): void {
    if (periods.has(run.runId)) return;
    const { runId, workflowName } = run;
    const attributes = { [RUN_ID]: runId, [WORKFLOW]: workflowName };
    const options = {
      attributes,
      links,
      ...(startedAt !== null && { startTime: new Date(startedAt) }),
    };
    periods.set(runId, tracer.startSpan(`run ${workflowName}`, options, contextUnder(runId)));
  }

  function close({ runId }: ObservedRun, outcome: string, error: EncodedError | null = null): void {
    const period = periods.get(runId);
    if (period === undefined) return;
    periods.delete(runId);
    period.setAttribute(OUTCOME, outcome);
    if (error !== null && outcome !== 'cancelled') fail(period, error);
    period.end();
  }

  function fail(span: Span, error: EncodedError | Error): void {
    const { name, message, stack } = error;
    span.recordException({ name, message, ...(stack !== undefined && { stack }) });
    span.setStatus({ code: api.SpanStatusCode.ERROR, message });
  }

  function linksOf(run: ObservedRun): Link[] {
    const { parentRunId, continuedFromRunId, forkedFromRunId } = run;
    return Object.entries({ parentRunId, continuedFromRunId, forkedFromRunId }).flatMap(
      ([relation, runId]) =>
        runId === null
          ? []
          : [{ context: rootOf(runId), attributes: { [RELATION]: RELATIONS[relation] ?? '' } }],
    );
  }

  return {
    runStarted(run) {
      // Who started it here, if somebody is being traced: a request, a step of another run.
      const caller = run.startedAt === null ? undefined : trace.getSpanContext(context.active());
      const links = linksOf(run);
      if (caller !== undefined)
        links.push({ context: caller, attributes: { [RELATION]: 'caller' } });
      open(run, links, run.startedAt);
    },
    runOpened: (run) => open(run, linksOf(run), null),
    runReplayed: (run, events) => periods.get(run.runId)?.setAttribute(REPLAYED, events),
    runRecovered: (run, lostBy) =>
      periods.get(run.runId)?.addEvent('recovered', { [LOST_BY]: lostBy }),
    runSuspended: (run) => close(run, 'suspended'),
    runEnded: (run, status, error) => close(run, status, error),
    runLost: (run) => close(run, 'lost'),
    runAbandoned: (run) => close(run, 'abandoned'),
    runAttempt(step, run) {
      const parent = contextUnder(step.runId);
      const attributes = attributesOf(step);
      const span = tracer.startSpan(`step ${step.stepName}`, { attributes }, parent);
      attempts.set(step, span);
      return context.with(trace.setSpan(parent, span), run);
    },
    attemptEnded(step, outcome, error) {
      const span = attempts.get(step);
      if (span === undefined) return;
      span.setAttribute(OUTCOME, outcome);
      if (outcome === 'failed' || outcome === 'timed_out') fail(span, asError(error));
      span.end();
    },
    commitFlushed() {},
  };
}

const RUN_ID = 'pyworkflow.run_id';
const WORKFLOW = 'pyworkflow.workflow';
const OUTCOME = 'pyworkflow.outcome';
const RELATION = 'pyworkflow.relation';
const REPLAYED = 'pyworkflow.replayed_events';
const LOST_BY = 'pyworkflow.lost_by';
const RELATIONS: { readonly [key: string]: string } = {
  parentRunId: 'parent',
  continuedFromRunId: 'continued_from',
  forkedFromRunId: 'forked_from',
};

function attributesOf({ runId, workflowName, stepId, stepName, attempt }: StepContext) {
  return {
    [RUN_ID]: runId,
    [WORKFLOW]: workflowName,
    'pyworkflow.step': stepName,
    'pyworkflow.step_id': stepId,
    'pyworkflow.attempt': attempt,
  };
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
