import { readdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { isInstalled, PACKAGE_ROOT } from './cli-parts.ts';

/** A file to be written, its path relative to the new folder. */
export interface NewFile {
  readonly path: string;
  readonly text: string;
}

const TEMPLATES = join(PACKAGE_ROOT, 'templates');

/** The files of a template, made to fit `folder`. */
export function templateFiles(template: string, folder: string): readonly NewFile[] {
  const root = join(TEMPLATES, template);
  return filesBelow(root).map((file) => {
    const text = readFileSync(file, 'utf8');
    const path = relative(root, file);
    // npm leaves out files called .gitignore when it packs.
    if (path === 'gitignore') return { path: '.gitignore', text };
    return { path, text: path === 'package.json' ? manifest(text, folder) : text };
  });
}

/** Files that exist in `folder` with another content. */
export function differing(files: readonly NewFile[], folder: string): readonly NewFile[] {
  return files.filter(({ path, text }) => {
    const now = contentOf(join(folder, path));
    return now !== null && now !== text;
  });
}

/** Writes the files; returns what it kept of the ones it replaced, relative to the folder. */
export async function writeFiles(
  files: readonly NewFile[],
  folder: string,
): Promise<readonly string[]> {
  const backups: string[] = [];
  for (const { path, text } of files) {
    const target = join(folder, path);
    const now = contentOf(target);
    if (now === text) continue;
    if (now !== null) backups.push(relative(folder, await backUp(target)));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text);
  }
  return backups;
}

async function backUp(file: string): Promise<string> {
  let backup = `${file}.backup`;
  for (let n = 2; contentOf(backup) !== null; n++) backup = `${file}.backup${n}`;
  await copyFile(file, backup);
  return backup;
}

function manifest(text: string, folder: string): string {
  const json = JSON.parse(text) as { name: string; dependencies?: Record<string, string> };
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '');
  if (name !== '') json.name = name;
  if (json.dependencies?.pyworkflow !== undefined) json.dependencies.pyworkflow = ownVersion();
  return `${JSON.stringify(json, null, 2)}\n`;
}

/** A checkout is no release: npm installs it from where it is. */
function ownVersion(): string {
  if (!isInstalled()) return `file:${PACKAGE_ROOT}`;
  const text = readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8');
  return `^${(JSON.parse(text) as { version: string }).version}`;
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules' && name !== 'pyworkflow_data')
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(path) : [path];
    });
}

function contentOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}
