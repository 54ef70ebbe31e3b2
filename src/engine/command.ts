import type { EventData, EventType, ParentClosePolicy } from '../core/event.ts';
import type { Json } from '../core/json.ts';
import type { StepDefinition } from '../workflow/step-definition.ts';
import type { WorkflowDefinition } from '../workflow/workflow-definition.ts';
import type { WorkflowGate } from '../workflow/workflow-gates.ts';

/** What a workflow's code asks for. `id` is the name and its occurrence: `step_chargeCard_1`. */
export type Command =
  | StepCommand
  | SleepCommand
  | HookCommand
  | ChildCommand
  | CancelChildCommand
  | MarkCommand
  | LogCommand
  | ProgressCommand;

export interface StepCommand {
  readonly kind: 'step';
  readonly id: string;
  readonly name: string;
  readonly definition: StepDefinition;
  readonly args: Json;
}

export interface SleepCommand {
  readonly kind: 'sleep';
  readonly id: string;
  readonly name: string | null;
  readonly durationMs: number;
  /** Milliseconds since the epoch. */
  readonly resumeAt: number;
}

export interface HookCommand {
  readonly kind: 'hook';
  readonly id: string;
  readonly name: string;
  readonly token: string;
  readonly expiresAt: number | null;
  readonly schema: Json | null;
}

export interface ChildCommand {
  readonly kind: 'child';
  readonly id: string;
  readonly runId: string;
  readonly definition: WorkflowDefinition;
  readonly input: Json;
  readonly gates: readonly WorkflowGate[];
  readonly waitForCompletion: boolean;
  readonly parentClosePolicy: ParentClosePolicy;
}

export interface CancelChildCommand {
  readonly kind: 'cancelChild';
  readonly id: string;
  readonly runId: string;
  readonly reason: string | null;
}

/** A fact for the history that nothing waits for. */
export type MarkCommand = {
  [T in MarkType]: { readonly kind: 'mark'; readonly type: T; readonly data: EventData[T] };
}[MarkType];

export type MarkType = Extract<
  EventType,
  'patch.applied' | 'compensation.started' | 'compensation.completed'
>;

/** Unlike a mark it is not compared on replay: log lines may come and go with the code. */
export interface LogCommand {
  readonly kind: 'log';
  readonly data: EventData['log.recorded'];
}

export interface ProgressCommand {
  readonly kind: 'progress';
  readonly done: number;
  readonly total: number | null;
  readonly note: string | null;
}
