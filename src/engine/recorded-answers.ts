import type { EventOf } from '../core/event.ts';
import type { Delivery, Ending, Request } from './history.ts';

/** What comes after the answers to a delivery: null where the history ends and the code may go on. */
export type Next = Delivery | Ending | null;

/** What the history holds in answer to one delivery, and how much of it the code has repeated. */
export class RecordedAnswers {
  readonly next: Next;
  readonly #requests: readonly Request[];
  #repeated = 0;
  #logs: number;

  /** @param logs how many lines the code has put into the history meanwhile */
  constructor(requests: readonly Request[], next: Next, logs: number) {
    this.#requests = requests;
    this.next = next;
    this.#logs = logs;
  }

  /** What the code has to ask for now, or undefined if it has repeated everything. */
  get expected(): Request | undefined {
    return this.#requests[this.#repeated];
  }

  /** The code has gone past this point before: something comes after it. */
  get isPast(): boolean {
    return this.expected !== undefined || this.next !== null;
  }

  /** What is recorded of the step that the code is about to ask for. */
  step(id: string): EventOf<'step.started'> | null {
    const { expected } = this;
    return expected?.type === 'step.started' && expected.data.step_id === id ? expected : null;
  }

  /** What is recorded of the child that the code is about to ask for. */
  child(id: string): EventOf<'child_workflow.started'> | null {
    const { expected } = this;
    if (expected?.type !== 'child_workflow.started') return null;
    return expected.data.child_id === id ? expected : null;
  }

  isPatch(id: string): boolean {
    return this.expected?.type === 'patch.applied' && this.expected.data.patch_id === id;
  }

  repeat(): void {
    this.#repeated++;
  }

  /** Whether the code's next log line is in the history. Lines are counted, not compared. */
  holdsLog(): boolean {
    return this.next !== null || this.#logs-- > 0;
  }
}

/** Of a delivery that has just happened. */
export const NO_ANSWERS = new RecordedAnswers([], null, 0);
