import { readdirSync, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { DiscoveryError } from '../core/errors.ts';

/**
 * The files that `module` means: a file, every module below a folder, or what a glob of
 * `*`, `**` and `?` fits.
 * @throws DiscoveryError if there is none.
 */
export function findModules(module: string, cwd: string): readonly string[] {
  const path = resolve(cwd, module);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile()) return [path];
  if (found?.isDirectory())
    return orNothing(walk(path), `The folder ${path} has no workflow modules`);
  if (/[*?]/.test(module)) {
    const pattern = globPattern(path);
    const files = walk(fixedPart(path)).filter((file) => pattern.test(file));
    return orNothing(files, `No file fits ${path}`);
  }
  throw new DiscoveryError(`There is no module ${path}`, {
    details: { module: path },
    hint: 'Name a file, a folder or a glob with --module or in pyworkflow.config.yaml.',
  });
}

function orNothing(files: readonly string[], message: string): readonly string[] {
  if (files.length > 0) return files;
  throw new DiscoveryError(message, { hint: 'Workflow modules end in .ts, .mts, .js or .mjs.' });
}

/** In the order of their names, so that every process loads them alike. */
function walk(folder: string): readonly string[] {
  const entries = readFolder(folder).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    // Links to folders are not entered: they may lead back up.
    if (entry.isDirectory()) return isSkippedFolder(entry.name) ? [] : walk(path);
    return isModule(entry.name) && isFile(path) ? [path] : [];
  });
}

function readFolder(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function isSkippedFolder(name: string): boolean {
  return name.startsWith('.') || name === 'node_modules';
}

function isModule(name: string): boolean {
  return (
    /\.(ts|mts|js|mjs)$/.test(name) &&
    !/\.d\.m?ts$/.test(name) &&
    !/\.(test|spec)\.[mc]?[tj]s$/.test(name) &&
    !name.startsWith('.')
  );
}

function fixedPart(glob: string): string {
  const parts = glob.split(sep);
  const wild = parts.findIndex((part) => /[*?]/.test(part));
  return parts.slice(0, wild).join(sep) || sep;
}

function globPattern(glob: string): RegExp {
  const source = glob
    .split(sep)
    .map((part) => (part === '**' ? '**' : partPattern(part)))
    .join('/')
    .replaceAll('**/', '(?:.*/)?')
    .replaceAll('**', '.*');
  return new RegExp(`^${source}$`);
}

function partPattern(part: string): string {
  return part
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
}
