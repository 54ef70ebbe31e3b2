import { ValidationError } from './errors.ts';

/** A class as far as the codec needs it: also one with a private constructor. */
export interface ClassLike<T = unknown> {
  readonly name: string;
  readonly prototype: T;
}

export interface RegisteredClass {
  readonly name: string;
  readonly ctor: ClassLike<object>;
  /** Absent: the own enumerable fields are stored, and put back without calling the constructor. */
  readonly custom: { encode(instance: object): unknown; decode(data: unknown): object } | undefined;
}

export interface ClassOptions<T, D> {
  readonly name?: string;
  readonly encode?: (instance: T) => D;
  readonly decode?: (data: NoInfer<D>) => T;
}

const byName = new Map<string, RegisteredClass>();
const byPrototype = new Map<object, RegisteredClass>();

/**
 * Lets instances of a class cross the store. Register it wherever such values are written or read.
 *
 * Without `encode` and `decode` the own enumerable fields are stored; reading puts them back
 * without running the constructor, and `#private` fields are lost. Subclasses need a registration
 * of their own. For an error class the error itself decides what is stored, so it takes no `encode`.
 *
 * @param ctor the class
 * @param options `name` in the store (the class's own name by default, stable for ever);
 *   `encode` gives any storable value, `decode` makes an instance of it
 * @throws ValidationError if the name is missing or taken, or the options do not fit the class
 */
export function registerClass<T extends object, D = unknown>(
  ctor: ClassLike<T>,
  options: ClassOptions<T, D> = {},
): void {
  const name = options.name ?? ctor.name;
  const problem = findProblem(ctor, name, options);
  if (problem) throw new ValidationError('registerClass', [{ path: '', message: problem }]);
  const { encode, decode } = options;
  const entry: RegisteredClass = {
    name,
    ctor,
    custom:
      encode && decode
        ? {
            encode: (instance) => encode(instance as T),
            decode: (data) => decode(data as NoInfer<D>),
          }
        : undefined,
  };
  const before = byPrototype.get(ctor.prototype);
  if (before) byName.delete(before.name);
  byName.set(name, entry);
  byPrototype.set(ctor.prototype, entry);
}

export function classNamed(name: string): RegisteredClass | undefined {
  return byName.get(name);
}

export function classOfPrototype(prototype: object): RegisteredClass | undefined {
  return byPrototype.get(prototype);
}

/** What these hold lives in slots that only their own constructors can fill. */
const SLOTTED: readonly ClassLike[] = [
  ...[Array, Map, Set, WeakMap, WeakSet, Promise, Date, RegExp, ArrayBuffer, DataView, URL],
  Object.getPrototypeOf(Uint8Array),
];

const BUILT_IN: readonly ClassLike[] = [
  ...SLOTTED,
  ...[Object, Function, Buffer, Uint8Array, Error, TypeError, RangeError, SyntaxError],
  ...[ReferenceError, EvalError, URIError, AggregateError],
];

function findProblem(
  ctor: ClassLike<object>,
  name: unknown,
  options: { encode?: unknown; decode?: unknown },
): string | undefined {
  if (typeof (ctor as unknown) !== 'function' || typeof ctor.prototype !== 'object')
    return 'this is not a class';
  if (BUILT_IN.includes(ctor)) return `${ctor.name} is built in`;
  if (typeof name !== 'string' || name === '') return 'the class has no name; give { name }';
  const other = byName.get(name);
  if (other && other.ctor !== ctor) return `another class is registered as '${name}'`;
  const custom = options.encode !== undefined;
  if (custom !== (options.decode !== undefined)) return `'${name}' needs both encode and decode`;
  if (custom && ctor.prototype instanceof Error) return `the error class '${name}' takes no encode`;
  const base = SLOTTED.find((c) =>
    Object.prototype.isPrototypeOf.call(c.prototype as object, ctor.prototype),
  );
  if (!custom && base) return `'${name}' extends ${base.name} and so needs encode and decode`;
  return undefined;
}
