import { formatDuration } from '../../core/duration.ts';
import type { EventOf, EventType, WorkflowEvent } from '../../core/event.ts';
import type { Json } from '../../core/json.ts';
import { brief } from '../output/text.ts';
import { pretty } from './run-view.ts';

/** What a person wants to know first about an event; the whole of it is in `--verbose` and JSON. */
export function eventDetail(event: WorkflowEvent): string {
  return brief((DETAILS[event.type] as (data: object) => string)(event.data), 300);
}

const DETAILS: { readonly [T in EventType]: (data: EventOf<T>['data']) => string } = {
  'workflow.started': ({ workflow_name, input }) => `${workflow_name} ${shown(input)}`,
  'workflow.completed': ({ result }) => shown(result),
  'workflow.failed': ({ error }) => `${error.name}: ${error.message}`,
  'workflow.interrupted': ({ reason, error }) => (error === null ? reason : `${reason}: ${error}`),
  'workflow.resumed': ({ requested_by }) => `by ${requested_by}`,
  'workflow.cancelled': ({ reason }) => reason ?? '',
  'step.started': ({ step_name, args, attempt }) => {
    const list = Array.isArray(args) ? args.map(shown).join(', ') : shown(args);
    return `${step_name}(${list})${attempt > 1 ? ` attempt ${attempt}` : ''}`;
  },
  'step.completed': ({ step_name, result }) => `${step_name} → ${shown(result)}`,
  'step.failed': ({ step_name, error, attempt }) =>
    `${step_name} attempt ${attempt}: ${error.name}: ${error.message}`,
  'step.retrying': ({ step_id, attempt, retry_after }) =>
    `${step_id} attempt ${attempt} in ${formatDuration(retry_after * 1000)}`,
  'step.cancelled': ({ step_name, reason }) => (reason ? `${step_name}: ${reason}` : step_name),
  'sleep.started': ({ duration_seconds, resume_at }) =>
    `${formatDuration(duration_seconds * 1000)}, until ${resume_at}`,
  'sleep.completed': ({ sleep_id }) => sleep_id,
  'hook.created': ({ hook_id, expires_at }) =>
    expires_at === null ? hook_id : `${hook_id}, until ${expires_at}`,
  'hook.received': ({ hook_id, payload }) => `${hook_id} ← ${shown(payload)}`,
  'hook.expired': ({ hook_id }) => hook_id,
  'hook.disposed': ({ hook_id }) => hook_id,
  'workflow.continued_as_new': ({ new_run_id, input }) => `→ ${new_run_id} ${shown(input)}`,
  'step.delayed': ({ step_id, attempt, resume_at }) =>
    `${step_id} attempt ${attempt} at ${resume_at} (rate limit)`,
  'child_workflow.started': ({ child_workflow_name, child_run_id, input }) =>
    `${child_workflow_name} ${child_run_id} ${shown(input)}`,
  'child_workflow.completed': ({ child_id, result }) => `${child_id} → ${shown(result)}`,
  'child_workflow.failed': ({ child_id, error }) => `${child_id}: ${error.name}: ${error.message}`,
  'child_workflow.cancelled': ({ child_id, reason }) =>
    reason === null ? child_id : `${child_id}: ${reason}`,
  'child_workflow.cancel_requested': ({ child_id, reason }) =>
    reason === null ? child_id : `${child_id}: ${reason}`,
  'patch.applied': ({ patch_id }) => patch_id,
  'compensation.started': ({ undos, error }) => `${undos} to undo after: ${error}`,
  'compensation.completed': ({ failed }) => (failed === 0 ? 'all undone' : `${failed} failed`),
  'log.recorded': ({ level, message }) => `${level}: ${message}`,
  'cancellation.requested': ({ reason, requested_by }) =>
    reason === null ? `by ${requested_by}` : `by ${requested_by}: ${reason}`,
};

function shown(value: Json): string {
  return pretty(value, 0);
}
