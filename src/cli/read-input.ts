import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import { jsonOrText } from './ask-fields.ts';
import { type Io, readAll } from './io.ts';
import { UsageError } from './usage-error.ts';

/** `--arg k=v …` as an object. */
export function parseArgs(args: readonly string[]): { readonly [name: string]: Json } {
  return parsePairs(args, '--arg', 'name=value');
}

/** `--flag k=v …` as an object. @param form of a pair, for the error */
export function parsePairs(
  pairs: readonly string[],
  flag: string,
  form: string,
): { readonly [name: string]: Json } {
  const entries = pairs.map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1) throw new UsageError(`${flag} must be ${form}, not '${pair}'`);
    return [pair.slice(0, at), jsonOrText(pair.slice(at + 1))] as const;
  });
  return Object.fromEntries(entries);
}

/** JSON itself, `@file`, or `-` for stdin. */
export async function readJson(io: Io, text: string, flag: string): Promise<Json> {
  if (text === '-') return parseJson(await readAll(io.stdin), `${flag} - (stdin)`);
  if (text.startsWith('@')) return readJsonFile(io, text.slice(1), flag);
  return parseJson(text, flag);
}

/** The file, or stdin for `-`. */
export async function readJsonFile(io: Io, path: string, flag: string): Promise<Json> {
  if (path === '-') return parseJson(await readAll(io.stdin), `${flag} - (stdin)`);
  const text = await readFile(resolve(io.cwd, path), 'utf8').catch((error: unknown) => {
    throw new UsageError(`${flag}: cannot read ${path}: ${messageOf(error)}`);
  });
  return parseJson(text, `${flag} ${path}`);
}

/** Ids given as arguments; `-` stands for those on stdin, one per line or separated by blanks. */
export async function readIds(io: Io, ids: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const id of ids) {
    if (id !== '-') found.push(id);
    else found.push(...(await readAll(io.stdin)).split(/\s+/).filter((word) => word !== ''));
  }
  return [...new Set(found)];
}

function parseJson(text: string, from: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new UsageError(`${from} is not valid JSON: ${messageOf(error)}`);
  }
}
