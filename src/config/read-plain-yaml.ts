import type { Located } from './located.ts';

interface Line {
  readonly key: string;
  readonly at: string;
  readonly value: { readonly at: string; readonly scalar: unknown } | Line[];
}

/**
 * Reads the YAML that most configuration files are made of, `key: value` lines and nesting, without
 * the 60 ms that loading a YAML parser takes. Null for anything else, mistakes included: then the
 * parser decides. Where it answers, it answers like the parser (property-tested).
 */
export function readPlainYaml(text: string, file: string): Located | null {
  const root: Line[] = [];
  const open = [{ indent: 0, lines: root }];
  /** The lines of the key above, if it has no value of its own. */
  let inner: Line[] | null = null;
  for (const [number, raw] of text.split('\n').entries()) {
    if (/^ *(#.*)?$/.test(raw)) continue;
    const found = LINE.exec(raw);
    if (!found) return null;
    const [, space = '', key = '', gap = '', value] = found;
    const indent = space.length;
    if (inner !== null && indent > (open.at(-1)?.indent ?? 0)) open.push({ indent, lines: inner });
    while (indent < (open.at(-1)?.indent ?? 0)) open.pop();
    const level = open.at(-1);
    if (level?.indent !== indent || level.lines.some((line) => line.key === key)) return null;

    const place = (column: number) => `${file}:${number + 1}:${column + 1}`;
    const scalar = value === undefined ? undefined : scalarOf(value);
    if (value !== undefined && scalar === undefined) return null;
    inner = value === undefined ? [] : null;
    const valueAt = place(indent + key.length + 1 + gap.length);
    level.lines.push({ key, at: place(indent), value: inner ?? { at: valueAt, scalar } });
  }
  return located(root);
}

const LINE = /^( *)([a-z_]+):(?:( +)([A-Za-z0-9./_][\w./:@-]*(?<!:)))?(?: +#.*| *)$/;

/** Undefined for what YAML may see as something else than a text, a whole number, true or false. */
function scalarOf(value: string): string | number | boolean | undefined {
  if (value === 'true' || value === 'false') return value === 'true';
  if (/^(0|[1-9]\d{0,14})$/.test(value)) return Number(value);
  if (/^(true|false|null)$/i.test(value)) return undefined;
  return /^([A-Za-z_/]|\.{1,2}\/|\d+(ms|[smhdw])$)/.test(value) ? value : undefined;
}

/** A section stands where its first line does; one without lines is none. */
function located(lines: readonly Line[]): Located | null {
  const [first] = lines;
  if (first === undefined) return null;
  const entries = [];
  for (const { key, at, value } of lines) {
    const node = Array.isArray(value) ? located(value) : value;
    if (node === null) return null;
    entries.push({ key, at, node });
  }
  return { at: first.at, entries };
}
