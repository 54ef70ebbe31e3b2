import { crc32 } from 'node:zlib';
import type { Images } from './images.ts';

/** One line of the journal. */
export interface JournalRecord {
  /** Of the first record of a segment: its number, and how many bytes of the one before count. */
  readonly segment?: { readonly number: number; readonly previous: number };
  readonly checkpoint?: CheckpointMark;
  readonly images?: Images;
  /** Of each run in turn, by key, the bytes that its new events take up after this line. */
  readonly logs?: readonly (readonly [key: number, bytes: number])[];
}

/** All up to this segment has become part of files. */
export interface CheckpointMark {
  readonly through: number;
  /** In the order of their making. */
  readonly catalogs: readonly number[];
}

export interface FoundRecord<T = JournalRecord> {
  readonly record: T;
  /** Where it, its events and the next record begin; bytes from the segment's beginning. */
  readonly start: number;
  readonly bodyAt: number;
  readonly end: number;
}

// `["8 digits",` and then what they are the checksum of.
const CHECKED_FROM = 12;

/** `["checksum",bytes,{…}]`, then `bytes` bytes of lines: everything is JSON, a line each. */
export function encodeRecord(record: object, body: Buffer = Buffer.alloc(0)): Buffer {
  const line = Buffer.from(`${body.length},${JSON.stringify(record)}]\n`);
  const checksum = crc32(body, crc32(line));
  const head = Buffer.from(`["${checksum.toString(16).padStart(8, '0')}",`);
  return Buffer.concat([head, line, body]);
}

/**
 * The records from the beginning of `bytes` on, up to the first that is not there as a whole.
 * @param base where `bytes` begin in the segment
 */
export function* decodeRecords<T = JournalRecord>(
  bytes: Buffer,
  base: number,
): Generator<FoundRecord<T>> {
  let at = 0;
  for (;;) {
    const newline = bytes.indexOf(0x0a, at);
    if (newline < 0) return;
    const bodyAt = newline + 1;
    const parts = parseLine<T>(bytes.toString('utf8', at, newline));
    if (parts === null) return;
    const [checksum, length, record] = parts;
    const end = bodyAt + length;
    if (end > bytes.length) return;
    if (crc32(bytes.subarray(at + CHECKED_FROM, end)) !== Number.parseInt(checksum, 16)) return;
    yield { record, start: base + at, bodyAt: base + bodyAt, end: base + end };
    at = end;
  }
}

/** Where in the segment the events of a record are, and where in their runs' logs they belong. */
export function* logPlaces(
  { logs = [], images }: JournalRecord,
  bodyAt: number,
): Generator<{ key: number; position: number; length: number; logAt: number }> {
  if (logs.length === 0) return;
  // An image says where a log ends with this record.
  const next = new Map(images?.runs?.map((image) => [image.key, image.log]));
  for (const [key, length] of logs) next.set(key, (next.get(key) ?? 0) - length);
  let position = bodyAt;
  for (const [key, length] of logs) {
    const logAt = next.get(key) ?? 0;
    yield { key, position, length, logAt };
    next.set(key, logAt + length);
    position += length;
  }
}

function parseLine<T>(text: string): [string, number, T] | null {
  if (!/^\["[0-9a-f]{8}",\d+,\{/.test(text)) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
