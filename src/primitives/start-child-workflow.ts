import { ValidationError } from '../core/errors.ts';
import type { ChildOptions, ChildWorkflowHandle } from '../workflow/child-types.ts';
import { workflowContext } from '../workflow/context.ts';
import { checkName, type WorkflowFunction } from '../workflow/define-workflow.ts';
import { resolveDefinition } from '../workflow/resolve-definition.ts';
import type {
  ClassInput,
  ClassOutput,
  Workflow,
  WorkflowClass,
} from '../workflow/workflow-class.ts';

type Started = ChildOptions & { readonly waitForCompletion: false };
type Arguments<In> = undefined extends In
  ? [input?: In, options?: ChildOptions]
  : [input: In, options?: ChildOptions];

/**
 * Starts a workflow as a child of the running one and waits for its result; with
 * `waitForCompletion: false` for nothing but a handle. It is a run of its own, with its own
 * history, retries and workers, and it ends with its parent (`parentClosePolicy`).
 *
 * @throws ChildWorkflowFailedError if it fails or is cancelled, CancellationError when the parent is
 *   cancelled, MaxNestingDepthError, ValidationError, UnknownWorkflowError, OutsideWorkflowError.
 */
export function startChildWorkflow<In, Out, Parsed>(
  workflow: WorkflowFunction<In, Out, Parsed>,
  input: NoInfer<In>,
  options: Started,
): Promise<ChildWorkflowHandle<Out>>;
export function startChildWorkflow<In, Out, Parsed>(
  workflow: WorkflowFunction<In, Out, Parsed>,
  ...args: Arguments<NoInfer<In>>
): Promise<Out>;
export function startChildWorkflow<W extends Workflow>(
  workflow: WorkflowClass<W>,
  input: ClassInput<W>,
  options: Started,
): Promise<ChildWorkflowHandle<ClassOutput<W>>>;
export function startChildWorkflow<W extends Workflow>(
  workflow: WorkflowClass<W>,
  ...args: Arguments<ClassInput<W>>
): Promise<ClassOutput<W>>;
export function startChildWorkflow(
  workflow: string,
  input: unknown,
  options: Started,
): Promise<ChildWorkflowHandle>;
export function startChildWorkflow(
  workflow: string,
  input?: unknown,
  options?: ChildOptions,
): Promise<unknown>;
export function startChildWorkflow(
  workflow: unknown,
  input?: unknown,
  options: ChildOptions = {},
): Promise<unknown> {
  const context = workflowContext('startChildWorkflow');
  return begin(() => {
    context.checkCancellation();
    if (options.id !== undefined) checkName('child', options.id);
    checkPolicy(options.parentClosePolicy);
    const child = context.startChild(resolveDefinition(workflow), input, options);
    return options.waitForCompletion === false ? Promise.resolve(child) : child.result();
  });
}

const POLICIES = ['terminate', 'request_cancel', 'abandon'];

function checkPolicy(policy: string | undefined): void {
  if (policy === undefined || POLICIES.includes(policy)) return;
  const message = `must be one of ${POLICIES.join(', ')}, not '${policy}'`;
  throw new ValidationError('startChildWorkflow()', [{ path: 'parentClosePolicy', message }]);
}

/** Asked for at once, in the order of the calls; a branch that nobody awaits must not end the process. */
function begin<T>(work: () => Promise<T>): Promise<T> {
  try {
    return work();
  } catch (error) {
    const rejected = Promise.reject(error);
    rejected.catch(() => {});
    return rejected;
  }
}
