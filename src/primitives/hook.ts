import { workflowContext } from '../workflow/context.ts';
import { checkName } from '../workflow/define-workflow.ts';
import type { Hook, HookOptions } from '../workflow/hook-types.ts';

/**
 * Waits for the outside: somebody who knows `token` resumes the run with a payload.
 *
 * @param name shown to people; the same name may be used again, each call is a new hook.
 * @returns a thenable: `const approval = hook('approval'); await sendMail(approval.token); await approval`.
 * @throws OutsideWorkflowError outside of a workflow's body; ValidationError for a bad name. Awaiting it throws HookExpiredError
 *   after `options.timeout` and CancellationError when the run is cancelled.
 */
export function hook<Payload = unknown>(
  name: string,
  options: HookOptions<Payload> = {},
): Hook<Payload> {
  return workflowContext('hook').hook(checkName('hook', name), options) as Hook<Payload>;
}
