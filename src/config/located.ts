/** A value together with where a person wrote it: `file:line:column`, a flag, a variable, a key path. */
export type Located = LocatedScalar | LocatedList | LocatedMap;

export interface LocatedScalar {
  readonly at: string;
  readonly scalar: unknown;
  /** It came as text (environment, flag): numbers and booleans are spelled out. */
  readonly spelled?: boolean;
}

export interface LocatedList {
  readonly at: string;
  readonly items: readonly Located[];
}

export interface LocatedMap {
  readonly at: string;
  readonly entries: readonly {
    readonly key: string;
    readonly at: string;
    readonly node: Located;
  }[];
}

/** What a program passed to `configure()`: keys in camelCase, places are key paths. */
export function locateObject(
  value: unknown,
  path: string,
  keyName: (key: string) => string,
): Located {
  if (Array.isArray(value)) {
    return {
      at: path,
      items: value.map((item, i) => locateObject(item, `${path}[${i}]`, keyName)),
    };
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => {
        const at = path === '' ? key : `${path}.${key}`;
        return { key: keyName(key), at, node: locateObject(inner, at, keyName) };
      });
    return { at: path, entries };
  }
  return { at: path, scalar: value };
}

/** Flags and variables: `{ 'storage.backend': { at: '--storage', text: 'sqlite' } }` without the unset ones. */
export function locateTexts(
  texts: Readonly<Record<string, { at: string; text: string | readonly string[] | undefined }>>,
): LocatedMap {
  const sections = new Map<string, { key: string; at: string; node: Located }[]>();
  for (const [path, { at, text }] of Object.entries(texts)) {
    if (text === undefined || text.length === 0) continue;
    const [first = '', second] = path.split('.');
    const [section, key] = second === undefined ? ['', first] : [first, second];
    const node: Located =
      typeof text === 'string'
        ? { at, scalar: text, spelled: true }
        : { at, items: text.map((item) => ({ at, scalar: item, spelled: true })) };
    sections.set(section, [...(sections.get(section) ?? []), { key, at, node }]);
  }
  const inner = [...sections]
    .filter(([name]) => name !== '')
    .map(([key, entries]) => ({ key, at: key, node: { at: key, entries } }));
  return { at: '', entries: [...(sections.get('') ?? []), ...inner] };
}
