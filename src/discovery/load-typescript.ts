import { register as registerHook } from 'node:module';
import { extname } from 'node:path';
import { MissingDependencyError } from '../core/errors.ts';

let loaded: Promise<void> | undefined;

/** From now on `import` understands TypeScript, with right line numbers in stacks. */
export function loadTypeScript(): Promise<void> {
  loaded ??= register();
  return loaded;
}

async function register(): Promise<void> {
  const tsx = await import('tsx/esm/api').catch((error: unknown) => {
    throw new MissingDependencyError('tsx', 'Loading TypeScript workflow files', error);
  });
  // Not tsImport(): it would load a second copy of this package, with a registry of its own.
  tsx.register();
  // The last one registered is asked first: it corrects what tsx decides.
  registerHook(`./module-format-hook${extname(import.meta.url)}`, import.meta.url);
}
