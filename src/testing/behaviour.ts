/** What a mock does: calls a function, throws an error, or gives a value. */
export type Behaviour<Args extends readonly unknown[] = readonly never[], Out = unknown> =
  | ((...args: Args) => Out | Promise<Out>)
  | Error
  | Awaited<Out>;

export function behave(behaviour: unknown, args: readonly unknown[]): unknown {
  if (behaviour instanceof Error) throw behaviour;
  return typeof behaviour === 'function' ? behaviour(...args) : behaviour;
}
