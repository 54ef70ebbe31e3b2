import { closestName } from '../core/closest-name.ts';
import { parseDuration } from '../core/duration.ts';
import type { ValueRule } from './config-schema.ts';
import type { Located, LocatedScalar } from './located.ts';

export type ScalarKind = Exclude<ValueRule['kind'], 'alias' | 'texts'>;
type Outcome = { readonly value: unknown } | { readonly wrong: string } | undefined;

/** Per kind, what a value has to be. */
export const EXPECTED: Record<ScalarKind, string> = {
  text: 'must be a text',
  flag: 'must be true or false',
  whole: 'must be a whole number',
  duration: 'must be a duration like 30s, 5m, 1h30m or a number of seconds',
  choice: 'must be a text',
};

/** Per kind: the value as the program wants it, or what is wrong; undefined for a wrong type. */
export const CHECKS: {
  [K in ScalarKind]: (node: LocatedScalar, rule: Extract<ValueRule, { kind: K }>) => Outcome;
} = {
  text: ({ scalar }) => (typeof scalar === 'string' ? { value: scalar } : undefined),
  flag: ({ scalar, spelled }) => {
    if (typeof scalar === 'boolean') return { value: scalar };
    return spelled && (scalar === 'true' || scalar === 'false')
      ? { value: scalar === 'true' }
      : undefined;
  },
  whole: ({ scalar, spelled }, { least }) => {
    const number = spelled && /^\d+$/.test(String(scalar)) ? Number(scalar) : scalar;
    if (!Number.isSafeInteger(number)) return undefined;
    return (number as number) >= least ? { value: number } : { wrong: `must be at least ${least}` };
  },
  duration: ({ scalar }) => {
    try {
      return { value: parseDuration(scalar as string) };
    } catch {
      return undefined;
    }
  },
  choice: ({ scalar }, { values, later }) => {
    const value = values.find((v) => v === String(scalar).toLowerCase());
    if (value !== undefined) return { value };
    const shown = JSON.stringify(scalar);
    const list = values.join(', ');
    if (later.includes(String(scalar).toLowerCase())) {
      return { wrong: `${shown} is not available in this version; available: ${list}` };
    }
    const near = closestName(String(scalar), values);
    const guess = near === undefined ? '' : `; did you mean '${near}'?`;
    return { wrong: `must be one of ${list}, not ${shown}${guess}` };
  },
};

/** What stands there instead of the expected, for people. */
export function found(node: Located): string {
  if ('items' in node) return 'a list';
  if ('entries' in node) return 'a map';
  return JSON.stringify(node.scalar) ?? `a ${typeof node.scalar}`;
}
