import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DiscoveryError, messageOf, PyWorkflowError } from '../core/errors.ts';
import { failurePlace } from './failure-place.ts';
import { loadTypeScript } from './load-typescript.ts';
import { providePackage } from './provide-package.ts';

/**
 * Imports a workflow module, TypeScript or not.
 * @throws DiscoveryError with the place in the user's source; DuplicateNameError as it is.
 */
export async function importModule(file: string): Promise<Record<string, unknown>> {
  providePackage();
  if (/ts$/.test(extname(file))) await loadTypeScript();
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    if (PyWorkflowError.is(error, 'DUPLICATE_NAME')) throw error;
    const place = failurePlace(error, file);
    throw new DiscoveryError(`${place.at}: ${place.message}`, {
      cause: error,
      details: { module: file, at: place.at, reason: messageOf(error) },
      hint: hintFor(error),
    });
  }
}

function hintFor(error: unknown): string {
  const missing = /Cannot find package '([^']+)'/.exec(messageOf(error))?.[1];
  if (missing !== undefined) return `Install it: npm install ${missing}`;
  return 'Every workflow module must load before its workflows can run: fix it and try again.';
}
