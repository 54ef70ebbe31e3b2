import type { ParentClosePolicy, WorkflowEvent } from '../core/event.ts';
import type { Session } from './session.ts';

/** What has to be closed when a run ends. */
export interface OpenWaits {
  readonly hooks: readonly string[];
  readonly children: readonly OpenChild[];
}

export interface OpenChild {
  readonly id: string;
  readonly runId: string;
  readonly policy: ParentClosePolicy;
  /** It was asked to stop when its parent was: it may clean up even after the parent's end. */
  readonly stopping: boolean;
}

export function openWaitsOf(session: Session): OpenWaits {
  const hooks: string[] = [];
  for (const { kind, id } of session.pending.values()) if (kind === 'hook') hooks.push(id);
  const children: OpenChild[] = [];
  for (const { id, runId, policy, end, cancelRequested } of session.children.values()) {
    if (end !== null) continue;
    children.push({ id, runId, policy, stopping: cancelRequested && session.cancelled !== null });
  }
  return { hooks, children };
}

/** The same from the history alone, for a run whose code cannot be asked. */
export function openWaitsIn(events: readonly WorkflowEvent[]): OpenWaits {
  const hooks = new Set<string>();
  const children = new Map<string, OpenChild>();
  const asked = new Set<string>();
  let cancelled = false;
  for (const { type, data } of events) {
    switch (type) {
      case 'hook.created':
        hooks.add(data.hook_id);
        break;
      case 'hook.received':
      case 'hook.expired':
      case 'hook.disposed':
        hooks.delete(data.hook_id);
        break;
      case 'child_workflow.started': {
        const { child_id: id, child_run_id: runId, parent_close_policy: policy } = data;
        children.set(id, { id, runId, policy, stopping: false });
        break;
      }
      case 'child_workflow.cancel_requested':
        asked.add(data.child_id);
        break;
      case 'cancellation.requested':
        cancelled = true;
        break;
      case 'child_workflow.completed':
      case 'child_workflow.failed':
      case 'child_workflow.cancelled':
        children.delete(data.child_id);
        break;
      default:
    }
  }
  const open = [...children.values()];
  return {
    hooks: [...hooks],
    children: open.map((child) => ({ ...child, stopping: cancelled && asked.has(child.id) })),
  };
}
