import type { Json } from '../core/json.ts';
import type { StepDefinition } from '../workflow/step-definition.ts';

/** What a workflow's code asks for. `id` is the name and its occurrence: `step_chargeCard_1`. */
export type Command = StepCommand | SleepCommand | HookCommand;

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
