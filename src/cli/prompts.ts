import type { Io } from './io.ts';
import { Interrupted, UsageError } from './usage-error.ts';

export interface Choice<T> {
  readonly name: string;
  readonly value: T;
  readonly description?: string;
}

/** How a script gives the same answer, shown when nobody can be asked: `--payload`. */
type Instead = string;

/** Questions to the person at the terminal. */
export interface Prompts {
  select<T>(question: string, choices: readonly Choice<T>[], instead: Instead): Promise<T>;
  confirm(question: string, options: { default: boolean; instead: Instead }): Promise<boolean>;
  text(question: string, options: TextOptions): Promise<string>;
}

export interface TextOptions {
  readonly default?: string;
  readonly instead: Instead;
  /** True, or what is wrong with the answer. */
  readonly validate?: (answer: string) => true | string;
}

/** Without a terminal on both ends, or in CI, there is nobody to ask. */
export function canAsk(io: Io): boolean {
  const { CI } = io.env;
  const isCi = CI !== undefined && CI !== '' && CI !== 'false' && CI !== '0';
  return io.stdin.isTTY === true && io.stderr.isTTY === true && !isCi;
}

export function createPrompts(io: Io): Prompts {
  // Questions are not results: they go to stderr.
  const streams = { input: io.stdin, output: io.stderr } as never;
  const ask = async <T>(question: string, instead: Instead, prompt: () => Promise<T>) => {
    if (!canAsk(io))
      throw new UsageError(
        `Nobody is there to answer: ${question.replace(/:$/, '')}`,
        `Give ${instead}`,
      );
    try {
      return await prompt();
    } catch (error) {
      if (error instanceof Error && error.name === 'ExitPromptError') throw new Interrupted();
      throw error;
    }
  };
  return {
    select: (message, choices, instead) =>
      ask(message, instead, async () => {
        const { select } = await import('@inquirer/prompts');
        return select({ message, choices: [...choices] as never }, streams);
      }),
    confirm: (message, options) =>
      ask(message, options.instead, async () => {
        const { confirm } = await import('@inquirer/prompts');
        return confirm({ message, default: options.default }, streams);
      }),
    text: (message, { instead, ...options }) =>
      ask(message, instead, async () => {
        const { input } = await import('@inquirer/prompts');
        return input({ message, ...options }, streams);
      }),
  };
}
