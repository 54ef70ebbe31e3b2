import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { Problem } from './check-config.ts';
import type { Environment } from './load-config.ts';
import type { Located } from './located.ts';

/** Parses YAML, replaces `${NAME}` from `env`, and remembers where everything stands. */
export function locateYaml(
  text: string,
  file: string,
  env: Environment,
): { readonly root: Located; readonly problems: readonly Problem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number | undefined) => {
    const { line, col } = lines.linePos(offset ?? 0);
    return `${file}:${line}:${col}`;
  };
  const problems: Problem[] = document.errors.map((error) => ({
    at: place(error.pos[0]),
    message: error.message,
  }));

  const locate = (node: unknown, fallback: string): Located => {
    const at = hasRange(node) ? place(node.range[0]) : fallback;
    const target = isAlias(node) ? node.resolve(document) : node;
    if (isMap(target)) {
      const entries = target.items.map((pair) => {
        const keyAt = hasRange(pair.key) ? place(pair.key.range[0]) : at;
        const key = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
        return { key, at: keyAt, node: locate(pair.value, keyAt) };
      });
      return { at, entries };
    }
    if (isSeq(target)) return { at, items: target.items.map((item) => locate(item, at)) };
    const value = isScalar(target) ? target.value : null;
    if (typeof value !== 'string' || !value.includes('${')) return { at, scalar: value };
    return { at, scalar: substitute(value, at), spelled: true };
  };

  const substitute = (value: string, at: string) =>
    value.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
      const found = env[name];
      if (found === undefined) {
        problems.push({ at, message: `the environment variable ${name} is not set` });
      }
      return found ?? '';
    });

  const empty: Located = { at: file, scalar: null };
  return { root: problems.length > 0 ? empty : locate(document.contents, file), problems };
}

function hasRange(node: unknown): node is Node & { range: [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}
