import type { Clock } from '../../core/clock.ts';
import type { Io, Sink } from '../io.ts';
import type { Format } from '../options.ts';
import { loadStyle, plainStyle, type Style, wantsColour } from './style.ts';
import { renderTable } from './table.ts';
import { clean } from './text.ts';

/** What a cell may use to look good. */
export interface Show {
  readonly style: Style;
  readonly now: number;
}

/** One column for people and for `cut`. */
export interface Column<T> {
  readonly header: string;
  value(item: T, show: Show): string;
  /** Default: `value` without colours. */
  plain?(item: T): string;
  /** Never cut on a narrow terminal. */
  readonly isId?: boolean;
}

export interface Listing<T> {
  readonly columns: readonly Column<T>[];
  json(item: T): unknown;
  /** Told to people when there is nothing. */
  readonly empty: string;
}

export interface Document<T> {
  /** A block of `Header: value` lines; an empty value leaves its line out. */
  readonly fields: readonly Column<T>[];
  /** The one line of `plain`. */
  readonly plain: readonly Column<T>[];
  json(item: T): unknown;
}

/**
 * Results go to stdout in the wanted format, and nothing else does; what a person might like to
 * know besides goes to stderr.
 */
export interface Output {
  readonly format: Format;
  readonly isQuiet: boolean;
  readonly isVerbose: boolean;
  /** For what goes to stderr. */
  readonly style: Style;
  /** For what goes to stdout. */
  readonly show: Show;
  /** Columns of the terminal that stdout is, Infinity if it is none. */
  readonly width: number;
  list<T>(items: readonly T[], listing: Listing<T>): Promise<void>;
  /** The table for people, without its last line end; empty for nothing. */
  listText<T>(items: readonly T[], listing: Listing<T>): Promise<string>;
  document<T>(item: T, document: Document<T>): void;
  /** One result, said in each format's own way; null says nothing. */
  result(forms: { json: unknown; plain: string | null; table: string | null }): void;
  /** A part of a result as it is. */
  raw(text: string): void;
  success(message: string): void;
  info(message: string): void;
  hint(message: string): void;
  warn(message: string): void;
  error(message: string, hint?: string): void;
}

export interface OutputOptions {
  readonly format: Format;
  readonly isQuiet: boolean;
  readonly isVerbose: boolean;
  readonly color: boolean | undefined;
  /** How this program is called: it replaces `pyworkflow` in advice. */
  readonly command: string;
}

export async function createOutput(io: Io, clock: Clock, options: OutputOptions): Promise<Output> {
  const { format, isQuiet, isVerbose } = options;
  const isTable = format === 'table';
  const [style, stdoutStyle] = await Promise.all([
    loadStyle(wantsColour(io.stderr, io.env, options.color)),
    loadStyle(isTable && wantsColour(io.stdout, io.env, options.color)),
  ]);
  const advice = (text: string) => withCommand(text, options.command);
  const show = (): Show => ({ style: stdoutStyle, now: clock.now() });
  const width = terminalWidth(io.stdout);
  const raw = (text: string) => void io.stdout.write(text);
  const line = (text: string) => raw(`${text}\n`);
  const aside = (text: string) => void io.stderr.write(`${text}\n`);
  const unlessQuiet = (text: string) => {
    if (!isQuiet) aside(text);
  };

  async function listText<T>(items: readonly T[], columns: readonly Column<T>[]): Promise<string> {
    if (items.length === 0) return '';
    const { bold } = stdoutStyle;
    const heads = columns.map((c) => ({ header: bold(c.header), isKept: c.isId === true }));
    const rows = items.map((item) => columns.map((column) => column.value(item, show())));
    return renderTable(rows, heads, width);
  }

  return {
    ...{ format, isQuiet, isVerbose, style, width, raw },
    get show() {
      return show();
    },
    async list(items, { columns, json, empty }) {
      if (format === 'json') return line(toJson(items.map(json)));
      if (format === 'plain') {
        for (const item of items) line(plainLine(item, columns, clock.now()));
        return;
      }
      if (items.length === 0) return unlessQuiet(advice(empty));
      line(await listText(items, columns));
    },
    listText: (items, { columns }) => listText(items, columns),
    document(item, { fields, plain, json }) {
      if (format === 'json') return line(toJson(json(item)));
      if (format === 'plain') return line(plainLine(item, plain, clock.now()));
      const pairs = fields.map((field) => [field.header, field.value(item, show())] as const);
      const shown = pairs.filter(([, value]) => value !== '');
      const indent = Math.max(...shown.map(([header]) => header.length)) + 2;
      for (const [header, value] of shown) {
        const body = value.replaceAll('\n', `\n${' '.repeat(indent)}`);
        line(`${stdoutStyle.bold(header.padEnd(indent))}${body}`);
      }
    },
    result(forms) {
      if (format === 'json') return line(toJson(forms.json));
      const text = format === 'plain' ? forms.plain : forms.table;
      if (text !== null) line(text);
    },
    success: (message) => unlessQuiet(`${style.green('✓')} ${message}`),
    info: (message) => unlessQuiet(message),
    hint: (message) => unlessQuiet(style.dim(advice(message))),
    warn: (message) => aside(`${style.yellow('!')} ${message}`),
    error(message, hint) {
      aside(`${style.red('✗')} ${message}`);
      if (hint !== undefined) unlessQuiet(style.dim(`  ${advice(hint)}`));
    },
  };
}

/** Advice is written for `pyworkflow …`; people may have to call it by another name. */
export function withCommand(text: string, command: string): string {
  return text.replace(
    /\bpyworkflow (?=(workflows|runs|hooks|schedules|scheduler|worker|quickstart|demo)\b)/g,
    `${command} `,
  );
}

export function toJson(value: unknown): string {
  return JSON.stringify(value ?? null, null, 2);
}

function plainLine<T>(item: T, columns: readonly Column<T>[], now: number): string {
  const show = { style: plainStyle, now };
  return columns.map((c) => clean(c.plain?.(item) ?? c.value(item, show))).join('\t');
}

function terminalWidth(sink: Sink): number {
  return sink.isTTY ? sink.columns || 80 : Number.POSITIVE_INFINITY;
}
