import { ChildWorkflowFailedError } from '../core/errors.ts';
import type { ChildOptions, ChildStatus, ChildWorkflowHandle } from '../workflow/child-types.ts';
import { runInContext, type WorkflowContext } from '../workflow/context.ts';
import type { WorkflowDefinition } from '../workflow/workflow-definition.ts';
import { behave } from './behaviour.ts';
import type { Settle } from './mock-primitives.ts';
import type { MockTime } from './mock-time.ts';
import type { WritableTrack } from './mock-track.ts';

interface Call {
  readonly definition: WorkflowDefinition;
  readonly input: unknown;
  readonly options: ChildOptions;
  readonly runId: string;
  readonly id: string;
}

interface Parts {
  readonly mocks: { readonly [workflowName: string]: unknown };
  readonly track: WritableTrack;
  readonly time: MockTime;
  /** Of the parent: an unmocked child runs in it, so that what it asks for is kept there. */
  readonly context: WorkflowContext;
  readonly wait: (begin: (settle: Settle<unknown>) => () => void) => Promise<unknown>;
}

export function startMockChild(call: Call, parts: Parts): ChildWorkflowHandle {
  const { definition, input, runId, id } = call;
  const { mocks, track, context, wait } = parts;
  const { name } = definition;
  track.children.push({ name, input });
  const childRunId = `${runId}-${id}`;
  let status: ChildStatus = 'running';
  const body = Object.hasOwn(mocks, name) ? mocks[name] : definition.fn;
  const ended = runInContext(context, async () => behave(body, [input])).then(
    (value) => {
      status = 'completed';
      return value;
    },
    (error) => {
      if (status === 'running') status = 'failed';
      const end = status === 'cancelled' ? status : 'failed';
      throw new ChildWorkflowFailedError(childRunId, name, end, error);
    },
  );
  ended.catch(() => {});
  return {
    childId: id,
    childRunId,
    childWorkflowName: name,
    parentRunId: runId,
    status: async () => status,
    result: () =>
      wait(({ resolve, reject }) => {
        ended.then(resolve, reject);
        return () => {};
      }),
    async cancel() {
      const active = status === 'running';
      if (active) status = 'cancelled';
      return active;
    },
  };
}
