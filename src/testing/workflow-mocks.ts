import type { WorkflowDefinition } from '../workflow/workflow-definition.ts';
import { behave } from './behaviour.ts';

/** A workflow with another body: how often it has begun, replays not counted, shows the store. */
export interface WorkflowMock {
  readonly workflowName: string;
  /** The workflow is itself again, for runs and replays that begin from now on. */
  restore(): void;
}

export interface WorkflowMocks {
  mock(workflowName: string, behaviour: unknown): WorkflowMock;
  functionOf(definition: WorkflowDefinition): WorkflowDefinition['fn'];
}

export function createWorkflowMocks(): WorkflowMocks {
  const mocks = new Map<string, { readonly behaviour: unknown }>();
  return {
    mock(workflowName, behaviour) {
      const mock = { behaviour };
      mocks.set(workflowName, mock);
      return {
        workflowName,
        restore() {
          if (mocks.get(workflowName) === mock) mocks.delete(workflowName);
        },
      };
    },
    functionOf({ name, fn }) {
      const mock = mocks.get(name);
      return mock === undefined ? fn : (input: never) => behave(mock.behaviour, [input]);
    },
  };
}
