import { readFileSync } from 'node:fs';
import type { ResolveHook } from 'node:module';
import { fileURLToPath } from 'node:url';

// Runs in Node's loader thread, not with the rest of the package.

/**
 * What is written as a module is loaded as one, whatever the package.json around it says, or if
 * there is none: tsx would make CommonJS of it, which could not import this package.
 */
export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  const resolved = await nextResolve(specifier, context);
  return isModule(resolved.url) ? { ...resolved, format: 'module' } : resolved;
};

function isModule(url: string): boolean {
  if (!/^file:.*\.[jt]sx?(\?|$)/.test(url) || url.includes('/node_modules/')) return false;
  try {
    return /^\s*(import|export)\b/m.test(
      readFileSync(fileURLToPath(url.replace(/\?.*/, '')), 'utf8'),
    );
  } catch {
    return false;
  }
}
