import { callerSource } from './source-line.ts';

/** The calls of workflow code that are no primitives: named if the run turns out to be stuck. */
export class ForeignTrace {
  readonly #calls: string[] = [];
  #count = 0;

  note(name: string): void {
    if (this.#calls.length >= 10 || this.#count++ >= 100) return;
    const source = callerSource();
    // What a call does in its turn is not the code's.
    if (source === null && this.#calls.length > 0) return;
    const call = source === null ? name : `${name} at ${source}`;
    if (!this.#calls.includes(call)) this.#calls.push(call);
  }

  /** The calls since the last time. */
  take(): string[] {
    return this.#calls.splice(0);
  }
}
