import { decode, encode } from './codec.ts';
import { isError } from './error-classes.ts';
import type { EncodedError } from './error-parts.ts';
import { messageSafely } from './safe-read.ts';

export type { EncodedError } from './error-parts.ts';

/**
 * Turns whatever was thrown into what the store holds. Never throws: what cannot be stored is
 * described in text, and a thrown value that is no error becomes the `cause` of a `NonError`.
 * References within point into `{"$":"Error","v":…}`, the form this error has inside other values.
 */
export function encodeError(thrown: unknown): EncodedError {
  try {
    const isObject = typeof thrown === 'object' && thrown !== null;
    const error = isObject && isError(thrown) ? thrown : nonError(thrown);
    return (encode(error) as { v: EncodedError }).v;
  } catch (why) {
    return { name: 'Error', message: `An error that cannot be described: ${messageSafely(why)}` };
  }
}

/**
 * Rebuilds an error: an instance of its class if that is built in, the package's or registered,
 * else of the nearest such base class, with name, message, code, cause, stack and fields.
 *
 * @throws SerializationError if the stored form is damaged
 */
export function decodeError(encoded: EncodedError): Error {
  return decode({ $: 'Error', v: encoded }) as Error;
}

function nonError(thrown: unknown): Error {
  const error = new Error(messageSafely(thrown), { cause: thrown });
  error.name = 'NonError';
  // It would show this function, not the place of the throw.
  error.stack = `NonError: ${error.message}`;
  return error;
}
