import { encode } from './codec.ts';
import type { Json } from './json.ts';
import { messageOf } from './pyworkflow-error.ts';

/** A line that cannot be stored must not fail the code that says it. */
export function loggable(fields: { readonly [key: string]: unknown }): Json {
  try {
    return encode(fields);
  } catch (error) {
    return { unloggable: messageOf(error) };
  }
}
