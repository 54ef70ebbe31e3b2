import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../core/errors.ts';

const PACKAGE_ROOT = fileURLToPath(new URL('..', import.meta.url));

export interface FailurePlace {
  /** `file:line:column`, or the file alone where nothing better is known. */
  readonly at: string;
  readonly message: string;
}

/** Where in the user's source loading `file` failed, and why, in one line each. */
export function failurePlace(error: unknown, file: string): FailurePlace {
  const compiled = compilerPlace(error);
  if (compiled !== undefined) return compiled;
  const at = stackPlace(error) ?? (error instanceof SyntaxError ? syntaxPlace(file) : undefined);
  return { at: at ?? file, message: described(error) };
}

/** esbuild: `Transform failed with 1 error:\n/path/x.ts:3:5: ERROR: Expected ";"`. */
function compilerPlace(error: unknown): FailurePlace | undefined {
  const found = /^(.+):(\d+):(\d+): ERROR: (.*)$/m.exec(messageOf(error));
  if (!found) return undefined;
  const [, path, line, column, message] = found;
  // esbuild counts columns from 0, editors from 1.
  return { at: `${path}:${line}:${Number(column) + 1}`, message: `${message}` };
}

/** Node keeps the place of a syntax error to itself until it dies of it: so let another one die. */
function syntaxPlace(file: string): string | undefined {
  const { stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' });
  const found = /^(?:file:\/\/)?[^\n]+?:(\d+)\n[^\n]*\n( *)\^/.exec(stderr ?? '');
  return found ? `${file}:${found[1]}:${(found[2] ?? '').length + 1}` : undefined;
}

/** The first frame of the stack in a file of the user. */
function stackPlace(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  for (const line of (error.stack ?? '').split('\n')) {
    const found = /[\s(]((?:file:\/\/|\/|[A-Z]:\\)[^()]*?)(?:\?[^:()]*)?:(\d+:\d+)\)?$/.exec(line);
    if (!found?.[1]) continue;
    const file = found[1].startsWith('file://') ? fileURLToPath(found[1]) : found[1];
    if (!file.startsWith(PACKAGE_ROOT) && !file.includes('/node_modules/'))
      return `${file}:${found[2]}`;
  }
  return undefined;
}

function described(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${String(error)}`;
  const [first = ''] = error.message.split('\n');
  return error.name === 'Error' || first === '' ? first || error.name : `${error.name}: ${first}`;
}
