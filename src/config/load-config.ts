import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ConfigurationError, messageOf } from '../core/errors.ts';
import { type CheckedConfig, checkConfig } from './check-config.ts';
import { readPlainYaml } from './read-plain-yaml.ts';

export const CONFIG_FILE_NAME = 'pyworkflow.config.yaml';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A configuration file that has been read and checked. */
export interface ConfigFile {
  readonly path: string;
  readonly values: CheckedConfig;
  /** For people, about keys that have better names. */
  readonly advice: readonly string[];
}

/**
 * Reads the configuration file: `path` if given, else the nearest one upward from `cwd`.
 * Null if there is none.
 * @throws ConfigurationError with file, line and column of everything that is wrong in it.
 */
export async function loadConfig(options: {
  cwd: string;
  env: Environment;
  path?: string | undefined;
}): Promise<ConfigFile | null> {
  const path =
    options.path === undefined ? findUpward(options.cwd) : resolve(options.cwd, options.path);
  if (path === null) return null;
  const text = read(path);
  const plain = readPlainYaml(text, path);
  if (plain !== null) return { path, ...checkConfig(plain) };
  const { locateYaml } = await import('./locate-yaml.ts');
  const { root, problems } = locateYaml(text, path, options.env);
  return { path, ...checkConfig(root, problems) };
}

function findUpward(from: string): string | null {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const path = join(folder, CONFIG_FILE_NAME);
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) return path;
    if (folder === dirname(folder)) return null;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new ConfigurationError(
      missing
        ? `There is no configuration file ${path}`
        : `Cannot read the configuration file ${path}: ${messageOf(error)}`,
      missing ? { hint: 'Make one with: pyworkflow quickstart' } : {},
    );
  }
}
