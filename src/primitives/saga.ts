import { CompensationError } from '../core/errors.ts';
import { workflowContext } from '../workflow/context.ts';
import { checkName } from '../workflow/define-workflow.ts';

export interface Saga {
  /** Runs `action`; once it has succeeded, `undo` is due if the saga fails later. */
  step<T>(action: () => Promise<T>, undo: (result: T) => unknown): Promise<T>;
  /** Makes an undo due from now on: before an action whose outcome may stay unknown. */
  undo(undo: () => unknown): void;
}

/**
 * Runs `body`; if it fails or the run is cancelled, what was done is undone: the undos run one after
 * the other, the latest first, shielded from cancellation, each to its end whatever becomes of the
 * others. They are workflow code: let them call steps. The history shows when that began and ended.
 *
 * A branch that is still running when the saga fails may end its step, which is then undone as well;
 * the next one that it asks for is refused with what the saga failed with.
 *
 * @param options.name shown in the history
 * @throws what `body` threw, once everything is undone; CompensationError if an undo failed;
 *   OutsideWorkflowError outside of a workflow's body
 */
export async function saga<T>(
  body: (saga: Saga) => Promise<T>,
  options: { readonly name?: string } = {},
): Promise<T> {
  const context = workflowContext('saga');
  if (options.name !== undefined) checkName('saga', options.name);
  const undos: (() => unknown)[] = [];
  const running = new Set<Promise<unknown>>();
  let failed: { readonly error: unknown } | null = null;
  try {
    return await body({
      undo(undo) {
        if (failed !== null) throw failed.error;
        undos.push(undo);
      },
      step(action, undo) {
        if (failed !== null) return refusal(failed.error);
        const done = action().then((result) => {
          undos.push(() => undo(result));
          return result;
        });
        running.add(done);
        const ended = () => running.delete(done);
        done.then(ended, ended);
        return done;
      },
    });
  } catch (error) {
    failed = { error };
    // A branch that is still running may succeed yet, and then has to be undone as well.
    await context.shield(async () => void (await Promise.allSettled(running)));
    if (undos.length === 0) throw error;
    const failures = await context.shield(() => undoAll(undos, options.name ?? null, error));
    throw failures.length === 0 ? error : new CompensationError(error, failures);
  }
}

async function undoAll(
  undos: readonly (() => unknown)[],
  name: string | null,
  error: unknown,
): Promise<unknown[]> {
  const completed = workflowContext('saga').beginCompensation(name, error, undos.length);
  const failures: unknown[] = [];
  for (const undo of undos.toReversed()) {
    try {
      await undo();
    } catch (failure) {
      failures.push(failure);
    }
  }
  completed(failures.length);
  return failures;
}

/** Of a branch that nobody may await any more: it must not end the process. */
function refusal(error: unknown): Promise<never> {
  const rejected = Promise.reject(error);
  rejected.catch(() => {});
  return rejected;
}
