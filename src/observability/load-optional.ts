import { MissingDependencyError } from '../core/errors.ts';

/**
 * Loads a package that users install only if they want what needs it.
 * @param why what needs it, as people know it
 * @throws MissingDependencyError with the command that installs it
 */
export async function loadOptional<T>(
  pkg: string,
  why: string,
  load: () => Promise<T>,
): Promise<T> {
  try {
    return await load();
  } catch (error) {
    throw new MissingDependencyError(pkg, why, error);
  }
}
