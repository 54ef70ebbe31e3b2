import { types } from 'node:util';
import { isoTime } from '../core/clock.ts';
import { readSafely } from '../core/safe-read.ts';
import type { LogFormat } from './log-settings.ts';
import { toPlain } from './plain.ts';
import type { LogLine } from './write-line.ts';

type Fields = { readonly [key: string]: unknown };

/** @param time milliseconds since the epoch */
export function formatLine(line: LogLine, time: number, format: LogFormat): string {
  return format === 'json' ? asJson(line, time) : asText(line, time);
}

function asJson({ level, message, head, fields }: LogLine, time: number): string {
  const first = { time: isoTime(time), level, message: String(message), ...head };
  return JSON.stringify({ ...first, ...renamed(toPlain(fields), first) });
}

function asText({ level, message, head, fields }: LogLine, time: number): string {
  const parts = [isoTime(time), level.toUpperCase().padEnd(5), onOneLine(String(message))];
  const frames: string[] = [];
  for (const [key, value] of Object.entries({ ...head, ...renamed(fields, head) })) {
    if (value === undefined) continue;
    parts.push(`${quoted(key)}=${shown(value)}`);
    if (types.isNativeError(value)) frames.push(...framesOf(value));
  }
  return [parts.join(' '), ...frames].join('\n');
}

/** A field whose name is taken keeps its value under another one. */
function renamed(fields: unknown, taken: Fields): Fields {
  const nameOf = (key: string) => (Object.hasOwn(taken, key) ? `fields.${key}` : key);
  return Object.fromEntries(
    Object.keys(fields as object).map((key) => [nameOf(key), readSafely(fields, key)]),
  );
}

function shown(value: unknown): string {
  if (types.isNativeError(value)) {
    return quoted(`${readSafely(value, 'name')}: ${readSafely(value, 'message')}`);
  }
  const plain = toPlain(value);
  return typeof plain === 'string' ? quoted(plain) : JSON.stringify(plain);
}

function framesOf(error: Error): string[] {
  const lines = String(readSafely(error, 'stack') ?? '').split('\n');
  return lines.filter((line) => /^\s+at /.test(line)).map(onOneLine);
}

function quoted(text: string): string {
  return /^[^\s"=\p{Cc}]+$/u.test(text) ? text : JSON.stringify(text);
}

/** A line must not be able to forge another one, or to move a terminal's cursor. */
function onOneLine(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) => {
    if (char === '\n') return '\\n';
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
