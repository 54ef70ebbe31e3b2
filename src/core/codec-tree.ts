import type { Json } from './json.ts';

/** JSON trees under construction. */
export type JsonObject = { [key: string]: Json };
export type Branch = Json[] | JsonObject;

/** Sets an own property even where assigning would replace the prototype. */
export function put<T>(object: { [key: string]: T }, key: string, value: T): void {
  if (key === '__proto__') define(object, key, value, true);
  else object[key] = value;
}

/** Sets an own property without running a setter that the prototype may have. */
export function define(object: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(object, key, { value, enumerable, writable: true, configurable: true });
}
