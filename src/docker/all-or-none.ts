/**
 * Runs the tasks at once. The first failure calls the others off and is thrown, but not before all
 * have ended: nothing goes on behind the caller's back.
 */
export async function allOrNone<T>(
  tasks: readonly ((signal: AbortSignal) => Promise<T>)[],
  signal: AbortSignal | undefined,
): Promise<T[]> {
  const failed = new AbortController();
  const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  let first: { readonly error: unknown } | undefined;
  const results = await Promise.all(
    tasks.map(async (task): Promise<{ readonly value: T } | undefined> => {
      try {
        return { value: await task(stop) };
      } catch (error) {
        first ??= { error };
        failed.abort(error);
        return undefined;
      }
    }),
  );
  if (first !== undefined) throw first.error;
  return results.flatMap((result) => (result === undefined ? [] : [result.value]));
}
