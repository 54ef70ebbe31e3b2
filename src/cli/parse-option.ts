import { InvalidArgumentError } from 'commander';

/** Option parsers: commander adds the option's name to what they say. */

export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
    throw new InvalidArgumentError(`It must be a whole number of at least ${least}.`);
  };
}

export function oneOf<T extends string>(values: readonly T[]): (text: string) => T {
  return (text) => {
    const found = values.find((value) => value === text.toLowerCase());
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`It must be one of ${values.join(', ')}.`);
  };
}

/** As `oneOf`, for an option that may be given more than once. */
export function someOf<T extends string>(values: readonly T[]) {
  const parse = oneOf(values);
  return (text: string, before: readonly T[] = []): readonly T[] => [...before, parse(text)];
}
