import type { Cli } from '../cli-context.ts';
import { withCommand } from '../output/output.ts';

/** One reason why something is where it is, and what can be done about it. */
export interface Finding {
  /** Stable, for scripts. */
  readonly kind: string;
  /** One sentence for people. */
  readonly message: string;
  /** More lines: what belongs to it, one thing each. */
  readonly details?: readonly string[];
  /** Whole commands that change it, the likeliest first. */
  readonly commands: readonly string[];
  readonly tone: 'wait' | 'trouble' | 'fine';
}

const LOOKS = {
  wait: ['⏸', 'yellow'],
  trouble: ['!', 'red'],
  fine: ['●', 'green'],
} as const;

export function printFindings({ output, command }: Cli, findings: readonly Finding[]): void {
  const { style } = output.show;
  for (const { tone, message, details = [], commands } of findings) {
    const [mark, paint] = LOOKS[tone];
    output.raw(`${style[paint](mark)} ${message}\n`);
    for (const line of details) output.raw(`    ${line}\n`);
    for (const line of commands)
      output.raw(`    ${style.bold(`$ ${withCommand(line, command)}`)}\n`);
  }
}

export function findingJson({ kind, message, details = [], commands }: Finding) {
  return { kind, message, details, commands };
}
