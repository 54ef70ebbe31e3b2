/** Reading from objects of unknown make: proxies, getters that throw, objects without prototype. */

/** @returns undefined if there is nothing to read or reading throws */
export function readSafely(from: unknown, key: string): unknown {
  try {
    return (from as { readonly [key: string]: unknown })[key];
  } catch {
    return undefined;
  }
}

export function prototypeSafely(value: object): object | null {
  try {
    return Object.getPrototypeOf(value);
  } catch {
    return null;
  }
}

/** The message of whatever was thrown: an error's own, a text itself, else JSON cut short. */
export function messageSafely(thrown: unknown): string {
  try {
    if (typeof thrown !== 'object' || thrown === null) return String(thrown);
    const { message } = thrown as { readonly message?: unknown };
    return typeof message === 'string' ? message : JSON.stringify(thrown).slice(0, 200);
  } catch {
    return 'something that cannot be shown';
  }
}
