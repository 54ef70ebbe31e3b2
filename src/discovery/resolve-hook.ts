import type { InitializeHook, ResolveHook } from 'node:module';

// Runs in Node's loader thread, not with the rest of the package.

let entry = '';

export const initialize: InitializeHook<{ entry: string }> = (data) => {
  entry = data.entry;
};

export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  if (specifier !== 'pyworkflow') return nextResolve(specifier, context);
  try {
    return await nextResolve(specifier, context);
  } catch {
    return { url: entry, format: 'module', shortCircuit: true };
  }
};
