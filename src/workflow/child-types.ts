import type { ParentClosePolicy } from '../core/event.ts';

export interface ChildOptions {
  /** `false` gives a handle at once instead of the result in the end. Default true. */
  readonly waitForCompletion?: boolean;
  /** Names the child in the parent's history; default: the workflow's name. */
  readonly id?: string;
  /**
   * When the parent ends while the child is active: `terminate` (default) ends it at once,
   * `request_cancel` lets it clean up, `abandon` lets it go on.
   */
  readonly parentClosePolicy?: ParentClosePolicy;
}

/** As far as the parent has been told. */
export type ChildStatus = 'running' | 'completed' | 'failed' | 'cancelled';

/** A started child. Everything it says comes from the parent's history: replays say the same. */
export interface ChildWorkflowHandle<Out = unknown> {
  readonly childId: string;
  /** The first run of its chain, if it continues as new. */
  readonly childRunId: string;
  readonly childWorkflowName: string;
  readonly parentRunId: string;
  status(): Promise<ChildStatus>;
  /** @throws ChildWorkflowFailedError, CancellationError when the parent is cancelled meanwhile */
  result(): Promise<Out>;
  /** Asks the child to stop. False if it had ended already. */
  cancel(reason?: string): Promise<boolean>;
}
