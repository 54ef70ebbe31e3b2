import { formatDuration } from '../../core/duration.ts';
import type { EventOf, EventType, WorkflowEvent } from '../../core/event.ts';
import type { Style } from '../output/style.ts';
import { brief, clean } from '../output/text.ts';

/** What an event means to a person who watches. */
export interface Narrated {
  /** A line that stays, or null if the event is not worth one. */
  readonly line: string | null;
  /** What the run is doing from now on, or null if that did not change. */
  readonly activity: string | null;
}

/** Tells a run's events one by one; it remembers when steps began. */
export function createNarrator(style: Style, command: string): (event: WorkflowEvent) => Narrated {
  const told: Told = { style, command, startedAt: new Map() };
  return (event) => (NARRATORS[event.type] as Narrator)(event as never, told);
}

interface Told {
  readonly style: Style;
  readonly command: string;
  /** Of the running attempt of each step. */
  readonly startedAt: Map<string, number>;
}

type Narrator<T extends EventType = EventType> = (event: EventOf<T>, told: Told) => Narrated;

const nothing: Narrated = { line: null, activity: null };

const NARRATORS: { readonly [T in EventType]: Narrator<T> } = {
  'workflow.started': ({ data }, { style }) => ({
    line: `${style.cyan('▶')} ${clean(data.workflow_name)} started`,
    activity: 'starting',
  }),
  'workflow.completed': () => nothing,
  'workflow.failed': () => nothing,
  'workflow.interrupted': ({ data }, { style }) => ({
    line: `${style.red('!')} interrupted: ${data.reason.replaceAll('_', ' ')}${data.error ? ` – ${brief(data.error, 200)}` : ''}`,
    activity: data.recoverable ? 'recovering' : 'parked',
  }),
  'workflow.resumed': (_, { style }) => ({
    line: `${style.cyan('↻')} resumed`,
    activity: 'running',
  }),
  'workflow.cancelled': ({ data }, { style }) => ({
    line: `${style.yellow('⊘')} cancelled${data.reason ? `: ${clean(data.reason)}` : ''}`,
    activity: null,
  }),
  'step.started': ({ data, timestamp }, { startedAt }) => {
    startedAt.set(data.step_id, timestamp);
    const attempt = data.attempt > 1 ? ` (attempt ${data.attempt})` : '';
    return { line: null, activity: `${clean(data.step_name)}${attempt}` };
  },
  'step.completed': ({ data, timestamp }, { style, startedAt }) => ({
    line: `${style.green('✓')} ${clean(data.step_name)}${style.dim(took(startedAt.get(data.step_id), timestamp))}`,
    activity: 'running',
  }),
  'step.failed': ({ data }, { style }) => ({
    line: `${style.red('✗')} ${clean(data.step_name)} attempt ${data.attempt}: ${brief(data.error.message, 200)}`,
    activity: 'running',
  }),
  'step.retrying': ({ data }, { style }) => ({
    line: `${style.yellow('↻')} attempt ${data.attempt} of ${data.max_retries + 1} in ${formatDuration(data.retry_after * 1000)}`,
    activity: `waiting ${formatDuration(data.retry_after * 1000)} before attempt ${data.attempt}`,
  }),
  'step.cancelled': ({ data }, { style }) => ({
    line: `${style.yellow('⊘')} ${clean(data.step_name)} cancelled`,
    activity: null,
  }),
  'sleep.started': ({ data }, { style }) => {
    const text = `sleeps ${formatDuration(data.duration_seconds * 1000)}`;
    const name = data.name ? ` (${clean(data.name)})` : '';
    return { line: `${style.yellow('⏸')} ${text}${name}`, activity: text };
  },
  'sleep.completed': (_, { style }) => ({
    line: `${style.cyan('●')} woke up`,
    activity: 'running',
  }),
  'hook.created': ({ data }, { style, command }) => {
    const run = data.token.split(':', 1)[0];
    const resume = `${command} hooks resume ${run}:${data.hook_id}`;
    return {
      line: `${style.yellow('⏸')} waits for hook ${clean(data.name)}\n  resume it: ${style.bold(resume)}`,
      activity: `waiting for hook ${clean(data.name)}`,
    };
  },
  'hook.received': ({ data }, { style }) => ({
    line: `${style.green('✓')} hook received: ${brief(data.payload)}`,
    activity: 'running',
  }),
  'hook.expired': (_, { style }) => ({
    line: `${style.red('✗')} hook expired`,
    activity: 'running',
  }),
  'hook.disposed': () => nothing,
  'workflow.continued_as_new': ({ data }, { style }) => ({
    line: `${style.cyan('↳')} goes on as ${data.new_run_id}`,
    activity: 'continuing',
  }),
  'step.delayed': ({ data }, { style }) => ({
    line: `${style.yellow('⏸')} ${clean(data.step_id)} waits for its rate limit until ${data.resume_at}`,
    activity: 'waiting for a rate limit',
  }),
  'child_workflow.started': ({ data }, { style }) => ({
    line: `${style.cyan('▷')} child ${clean(data.child_workflow_name)} ${style.dim(data.child_run_id)}`,
    activity: `waiting for child ${clean(data.child_workflow_name)}`,
  }),
  'child_workflow.completed': ({ data }, { style }) => ({
    line: `${style.green('✓')} child ${clean(data.child_id)} → ${brief(data.result)}`,
    activity: 'running',
  }),
  'child_workflow.failed': ({ data }, { style }) => ({
    line: `${style.red('✗')} child ${clean(data.child_id)}: ${brief(data.error.message, 200)}`,
    activity: 'running',
  }),
  'child_workflow.cancelled': ({ data }, { style }) => ({
    line: `${style.yellow('⊘')} child ${clean(data.child_id)} cancelled`,
    activity: 'running',
  }),
  'child_workflow.cancel_requested': ({ data }, { style }) => ({
    line: `${style.yellow('⊘')} child ${clean(data.child_id)} asked to stop`,
    activity: null,
  }),
  'patch.applied': () => nothing,
  'compensation.started': ({ data }, { style }) => ({
    line: `${style.yellow('↶')} undoing ${data.undos} of what was done: ${brief(data.error, 200)}`,
    activity: 'undoing',
  }),
  'compensation.completed': ({ data }, { style }) => ({
    line:
      data.failed === 0
        ? `${style.green('↶')} undone`
        : `${style.red('↶')} ${data.failed} could not be undone`,
    activity: 'running',
  }),
  'log.recorded': ({ data }, { style }) => ({
    line: `${style.dim('·')} ${clean(data.message)}`,
    activity: null,
  }),
  'cancellation.requested': ({ data }, { style }) => ({
    line: `${style.yellow('⊘')} asked to stop${data.reason ? `: ${clean(data.reason)}` : ''}`,
    activity: 'cleaning up',
  }),
};

function took(from: number | undefined, to: number): string {
  return from === undefined ? '' : `  ${formatDuration(to - from)}`;
}
