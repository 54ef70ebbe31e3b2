/**
 * Typed JSON: every value crosses the store as a JSON tree. What JSON has is itself; the rest is
 * `{"$": type, "v": data}`, and an object with a key `$` of its own is `{"$":"Object","v":{…}}`.
 */
export { registerClass } from './codec-classes.ts';
export { decode } from './codec-decode.ts';
export { encode } from './codec-encode.ts';
