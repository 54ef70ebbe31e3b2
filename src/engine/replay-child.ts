import { encode } from '../core/codec.ts';
import { MaxNestingDepthError } from '../core/errors.ts';
import { childRunId } from '../core/id.ts';
import type { Json } from '../core/json.ts';
import type { ChildOptions, ChildWorkflowHandle } from '../workflow/child-types.ts';
import { validateNow } from '../workflow/schema.ts';
import type { WorkflowDefinition } from '../workflow/workflow-definition.ts';
import { gatesOf, type WorkflowGate } from '../workflow/workflow-gates.ts';
import { awaitChild, type Child } from './children.ts';
import type { Session } from './session.ts';

/** Where in the code a call stands: what cancellation does to it. */
export interface Scope {
  readonly shielded: boolean;
  /** The rejection of a call that comes after cancellation, or null. */
  readonly refused: () => Promise<never> | null;
}

/**
 * Asks for a child workflow. The handle is there at once: its run id is derived, and nothing that
 * the code does with it happens before the child is on disk.
 * @param scopeNow where the code stands when it uses the handle
 * @throws MaxNestingDepthError, ValidationError
 */
export function startChild(
  session: Session,
  scope: Scope,
  scopeNow: () => Scope,
  definition: WorkflowDefinition,
  input: unknown,
  options: ChildOptions,
): ChildWorkflowHandle {
  const id = session.nextId('child', options.id ?? definition.name);
  // What is recorded was in order then; only a new child is checked.
  const recorded = session.recorded.child(id);
  const checked = recorded === null ? check(session, definition, input) : null;
  const waitForCompletion = options.waitForCompletion ?? true;
  const child: Child = {
    id,
    runId: recorded?.data.child_run_id ?? childRunId(session.runId, id, session.secret),
    workflowName: definition.name,
    policy: recorded?.data.parent_close_policy ?? options.parentClosePolicy ?? 'terminate',
    shielded: scope.shielded,
    end: null,
    cancelRequested: false,
    waits: new Set(),
  };
  const found = session.match('child', id, definition.name);
  if (found !== null) session.children.set(id, child);
  if (found === 'fresh' && checked !== null) {
    const { runId, policy } = child;
    session.ask({
      kind: 'child',
      id,
      runId,
      definition,
      ...checked,
      waitForCompletion,
      parentClosePolicy: policy,
    });
  }
  return handleOf(session, scopeNow, child);
}

function check(
  session: Session,
  definition: WorkflowDefinition,
  input: unknown,
): { readonly input: Json; readonly gates: readonly WorkflowGate[] } {
  const { nestingDepth, maxNestingDepth } = session;
  if (nestingDepth >= maxNestingDepth)
    throw new MaxNestingDepthError(nestingDepth, maxNestingDepth);
  const what = `The input of workflow '${definition.name}' does not fit`;
  const value = validateNow(definition.input, input, what);
  return { input: encode(value), gates: gatesOf(definition, value) };
}

function handleOf(session: Session, scopeNow: () => Scope, child: Child): ChildWorkflowHandle {
  return {
    childId: child.id,
    childRunId: child.runId,
    childWorkflowName: child.workflowName,
    parentRunId: session.runId,
    status: async () => (child.end === null ? 'running' : STATUS[child.end.type]),
    result() {
      const scope = scopeNow();
      return scope.refused() ?? awaitChild(session, child, scope.shielded);
    },
    async cancel(reason) {
      if (child.end !== null) return false;
      if (session.match('cancellation of child', child.id, null) === 'fresh') {
        const { id, runId } = child;
        session.ask({ kind: 'cancelChild', id, runId, reason: reason ?? null });
      }
      child.cancelRequested = true;
      return true;
    },
  };
}

const STATUS = {
  'child_workflow.completed': 'completed',
  'child_workflow.failed': 'failed',
  'child_workflow.cancelled': 'cancelled',
} as const;
