import { damaged } from './file-errors.ts';
import { numbersOf } from './file-names.ts';
import { type Files, openIfThere, readBytes, writeNew } from './files.ts';
import { type Layout, publishFirst } from './folder.ts';
import { decodeRecords, encodeRecord, type FoundRecord } from './record.ts';

/** A segment of the journal that is open, and how much of it this process has taken in. */
export interface Cursor {
  readonly segment: number;
  readonly fd: number;
  /** Where the next record begins. */
  position: number;
}

/** Segments there are, ascending. */
export function segmentNumbers(files: Files, { journal }: Layout): number[] {
  return numbersOf(files.list(journal), '.jsonl');
}

/** Null if there is no such segment (any more). */
export function openSegment(files: Files, layout: Layout, segment: number): Cursor | null {
  let fd: number;
  try {
    fd = files.open(layout.segment(segment), 'r+');
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return null;
    throw error;
  }
  const [head] = decodeRecords(readBytes(files, fd, 0, HEAD_BYTES), 0);
  if (head?.record.segment?.number !== segment) {
    files.close(fd);
    throw damaged(`${layout.segment(segment)}: its first line`);
  }
  return { segment, fd, position: head.end };
}

const HEAD_BYTES = 200;

/**
 * Begins a segment, which ends the one before it at `previous` bytes.
 * @returns false if somebody else has begun it
 */
export function beginSegment(
  files: Files,
  layout: Layout,
  number: number,
  previous: number,
): boolean {
  const path = layout.segment(number);
  const temporary = layout.temporary(path);
  writeNew(files, temporary, encodeRecord({ segment: { number, previous } }));
  const isFirst = publishFirst(files, temporary, path);
  files.flushFolder(layout.journal);
  return isFirst;
}

/** How many bytes of a segment count, as the next one says; null if it has not been ended. */
export function endOf(files: Files, layout: Layout, segment: number): number | null {
  const fd = openIfThere(files, layout.segment(segment + 1));
  if (fd === null) return null;
  try {
    const [head] = decodeRecords(readBytes(files, fd, 0, HEAD_BYTES), 0);
    if (head?.record.segment === undefined) {
      throw damaged(`${layout.segment(segment + 1)}: its first line`);
    }
    return head.record.segment.previous;
  } finally {
    files.close(fd);
  }
}

/** Ends a segment whose lock was broken, unless somebody has done so: after what is whole of it. */
export function sealSegment(files: Files, layout: Layout, segment: number): void {
  if (files.exists(layout.segment(segment + 1))) return;
  const cursor = openSegment(files, layout, segment);
  if (cursor === null) return;
  try {
    let end = cursor.position;
    for (const found of recordsAfter(files, cursor)) end = found.end;
    files.flush(cursor.fd);
    beginSegment(files, layout, segment + 1, end);
  } finally {
    files.close(cursor.fd);
  }
}

/** What lies beyond the cursor, up to `end`; the cursor stays. */
export function recordsAfter(
  files: Files,
  { fd, position }: Cursor,
  end: number = files.size(fd),
): Generator<FoundRecord> {
  return decodeRecords(readBytes(files, fd, position, Math.max(0, end - position)), position);
}
