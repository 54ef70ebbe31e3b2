import { realpathSync } from 'node:fs';
import { delimiter, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../core/clock.ts';
import type { CliParts } from './cli-context.ts';
import type { Io } from './io.ts';

/** The folder of this installation. */
export const PACKAGE_ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** As a package, and not a checkout. */
export function isInstalled(): boolean {
  return PACKAGE_ROOT.includes(`${sep}node_modules${sep}`);
}

export function realParts(io: Io): CliParts {
  return {
    clock: systemClock,
    command: invocation(io),
    async loadConfig(options, { cwd, env }, warn) {
      const [{ loadConfig }, { resolveConfig }] = await Promise.all([
        import('../config/load-config.ts'),
        import('../config/resolve-config.ts'),
      ]);
      const file = await loadConfig({ cwd, env, path: options.config });
      for (const advice of file?.advice ?? []) warn(advice);
      return resolveConfig({ flags: options, env, file, cwd });
    },
    async openApp(config) {
      const { openApp } = await import('../app.ts');
      return openApp(config);
    },
    async discover(config) {
      const { discoverWorkflows } = await import('../discovery/discover-workflows.ts');
      return discoverWorkflows(config.modules);
    },
  };
}

/** The words by which a person in this folder can call this program again. */
export function invocation({ env, cwd }: Pick<Io, 'env' | 'cwd'>): string {
  // npx has this copy on its PATH only while it runs. A checkout may be run by another tool's npx.
  if (env.npm_command === 'exec' && isInstalled()) return 'npx pyworkflow';
  const bin = join(PACKAGE_ROOT, 'bin', 'pyworkflow.js');
  const onPath = (env.PATH ?? '')
    .split(delimiter)
    .some((folder) => isSame(join(folder, 'pyworkflow'), bin));
  if (onPath) return 'pyworkflow';
  if (isSame(join(cwd, 'node_modules', '.bin', 'pyworkflow'), bin)) return 'npx pyworkflow';
  const near = relative(cwd, bin);
  return `node ${near.startsWith('..') ? quote(bin) : near}`;
}

function isSame(path: string, target: string): boolean {
  try {
    return realpathSync(path) === target;
  } catch {
    return false;
  }
}

function quote(path: string): string {
  return /\s/.test(path) ? `'${path}'` : path;
}
