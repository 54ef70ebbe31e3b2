import { type ClassLike, classNamed, classOfPrototype } from './codec-classes.ts';
import * as packageErrors from './errors.ts';
import { prototypeSafely, readSafely } from './safe-read.ts';

const { PyWorkflowError } = packageErrors;

export const BUILT_IN_ERRORS = new Map<string, ClassLike<Error>>(
  [
    ...[Error, TypeError, RangeError, SyntaxError, ReferenceError],
    ...[EvalError, URIError, AggregateError],
  ].map((c: ClassLike<Error>) => [c.name, c]),
);

/** This package's error classes, by name. */
const OWN = new Map<string, ClassLike<Error>>(
  Object.entries(packageErrors).filter((entry): entry is [string, typeof PyWorkflowError] => {
    const value: unknown = entry[1];
    return typeof value === 'function' && (value === PyWorkflowError || isErrorClass(value));
  }),
);

export function isError(value: object): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

/** The error class that a stored name stands for. */
export function errorClass(name: string): ClassLike<Error> | undefined {
  const registered = classNamed(name)?.ctor;
  if (registered && isErrorClass(registered)) return registered;
  return BUILT_IN_ERRORS.get(name) ?? OWN.get(name);
}

function isErrorClass(ctor: { readonly prototype: unknown }): ctor is ClassLike<Error> {
  return ctor.prototype instanceof Error;
}

/** The class, or else the nearest base class, that can be rebuilt from its name. */
export function nearestClass(error: Error): { name: string; ctor: ClassLike<Error> } {
  for (let at: object | null = prototypeSafely(error); at; at = prototypeSafely(at)) {
    const registered = classOfPrototype(at);
    if (registered) return { name: registered.name, ctor: registered.ctor as ClassLike<Error> };
    const name = readSafely(readSafely(at, 'constructor'), 'name');
    const ctor =
      typeof name === 'string' ? (BUILT_IN_ERRORS.get(name) ?? OWN.get(name)) : undefined;
    if (ctor && (ctor.prototype === at || isTwin(error, at))) return { name: ctor.name, ctor };
  }
  return { name: 'Error', ctor: Error };
}

/** The same class of another realm, or of a second copy of this package. */
function isTwin(error: Error, prototype: object): boolean {
  if (PyWorkflowError.is(error)) return true;
  const ctor = readSafely(prototype, 'constructor');
  return (
    typeof ctor === 'function' && /\[native code\]/.test(Function.prototype.toString.call(ctor))
  );
}
