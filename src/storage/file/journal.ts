import { StoreUnavailableError } from '../../core/errors.ts';
import type { Files } from './files.ts';
import type { Layout } from './folder.ts';
import type { Locks } from './lock.ts';
import { encodeRecord, type FoundRecord, type JournalRecord } from './record.ts';
import {
  beginSegment,
  type Cursor,
  endOf,
  openSegment,
  recordsAfter,
  sealSegment,
} from './segments.ts';

/** What a process adds in one go. */
export interface Addition {
  readonly record: JournalRecord;
  /** The lines of new events, as `record.logs` counts them. */
  readonly body?: Buffer;
  /** Return only when it is on disk. */
  readonly flush: boolean;
}

export interface Place {
  readonly segment: number;
  readonly bodyAt: number;
  /** Of the whole record. */
  readonly bytes: number;
}

/** This process's view of the journal. One call at a time. */
export interface Journal {
  readonly segment: () => number;
  /** True if there is something that `refresh` would take in. */
  readonly hasNews: () => boolean;
  /** Takes in what others have added. @throws Superseded */
  readonly refresh: () => Promise<void>;
  /**
   * Has `decide` make an addition while nobody else adds anything, or null for none.
   * @throws Superseded if it does not count, and this process's state is not to be trusted
   * @throws what `decide` and the file system throw: then the state is not to be trusted either
   */
  readonly add: (decide: () => Addition | null) => Promise<Place | null>;
  /**
   * Ends the segment and begins the next; `atEnd` is called when nothing can be added to the old
   * one any more and nothing has been added to the new one.
   */
  readonly rotate: (atEnd: () => void) => Promise<void>;
  readonly close: () => void;
}

/** What this process knows of the store is over: it must load it anew. */
export class Superseded extends Error {}

export interface JournalParts {
  readonly files: Files;
  readonly layout: Layout;
  readonly locks: Locks;
  /** How long a writer waits for others, milliseconds. */
  readonly patienceMs: number;
  readonly onRecord: (found: FoundRecord, segment: number) => void;
}

const PATIENCE_STEP_MS = 1;

/** @param first the segment to begin with; it must exist */
export function openJournal(parts: JournalParts, first: number): Journal {
  const { files, layout, locks, onRecord } = parts;
  let cursor = openAt(first);

  function openAt(segment: number): Cursor {
    const opened = openSegment(files, layout, segment);
    if (opened === null) throw new Superseded(`segment ${segment} is gone`);
    return opened;
  }

  function takeIn(end: number): void {
    for (const found of recordsAfter(files, cursor, end)) {
      cursor.position = found.end;
      onRecord(found, cursor.segment);
    }
  }

  /** Goes on to the next segment if there is one. */
  function advance(): boolean {
    const end = endOf(files, layout, cursor.segment);
    if (end === null) {
      if (files.exists(layout.segment(cursor.segment))) return false;
      throw new Superseded(`segment ${cursor.segment} is gone`);
    }
    if (end < cursor.position) throw new Superseded('what it had read does not count');
    takeIn(end);
    const next = openAt(cursor.segment + 1);
    files.close(cursor.fd);
    cursor = next;
    return true;
  }

  /** Waits until whoever has the lock now has flushed what is in the file now. */
  async function settled(): Promise<void> {
    const { segment } = cursor;
    const holder = locks.holder(segment);
    while (holder !== null && locks.holder(segment) === holder) {
      if (files.exists(layout.segment(segment + 1))) return;
      if (locks.breakIfDead(segment, holder)) break;
      await delay(PATIENCE_STEP_MS);
    }
    if (locks.isBroken(segment)) sealSegment(files, layout, segment);
  }

  async function refresh(): Promise<void> {
    for (;;) {
      while (advance());
      const end = files.size(cursor.fd);
      if (end <= cursor.position) return;
      await settled();
      if (files.exists(layout.segment(cursor.segment + 1))) continue;
      takeIn(end);
      return;
    }
  }

  async function acquire(): Promise<void> {
    const giveUpAt = performance.now() + parts.patienceMs;
    for (;;) {
      while (advance());
      const { segment } = cursor;
      if (locks.take(segment)) {
        if (!isClosed(segment)) return;
        locks.release(segment);
      } else {
        const holder = locks.holder(segment);
        if (holder !== null && !locks.breakIfDead(segment, holder)) {
          if (performance.now() > giveUpAt) throw locked(layout.root);
          await delay(PATIENCE_STEP_MS);
        }
      }
      if (locks.isBroken(segment)) sealSegment(files, layout, segment);
    }
  }

  function isClosed(segment: number): boolean {
    return locks.isBroken(segment) || files.exists(layout.segment(segment + 1));
  }

  /** With the lock: everything whole is somebody's commit, the rest is nobody's. */
  function takeInAll(): void {
    const end = files.size(cursor.fd);
    takeIn(end);
    if (end > cursor.position) files.truncate(cursor.fd, cursor.position);
  }

  /** What failed half-way must not be found by others: off the file, or out of what counts. */
  function takeBack(start: number): void {
    if (isClosed(cursor.segment)) return;
    try {
      files.truncate(cursor.fd, start);
    } catch {
      try {
        beginSegment(files, layout, cursor.segment + 1, start);
      } catch {
        // Nothing can be written at all. Who comes next finds a torn record, or a whole one.
      }
    }
  }

  /** @throws Superseded unless what was added up to the cursor counts */
  function assertCounts(): void {
    const { segment, position } = cursor;
    if (!isClosed(segment)) {
      if (files.exists(layout.segment(segment))) return;
      // It was closed and tidied away while this process stood still: nobody can say any more.
      throw new StoreUnavailableError(`The answer of the store was lost: ${layout.root}`, {
        hint: 'This process stood still for minutes. What it wrote last may or may not be there.',
      });
    }
    sealSegment(files, layout, segment);
    const end = endOf(files, layout, segment);
    if (end === null || end < position) throw new Superseded('it came too late');
  }

  return {
    segment: () => cursor.segment,
    hasNews: () =>
      files.size(cursor.fd) !== cursor.position ||
      files.exists(layout.segment(cursor.segment + 1)) ||
      !files.exists(layout.segment(cursor.segment)),
    refresh,
    async add(decide) {
      await acquire();
      const { segment } = cursor;
      try {
        takeInAll();
        const addition = decide();
        if (addition === null) return null;
        const { record, body, flush } = addition;
        const bytes = encodeRecord(record, body);
        const start = cursor.position;
        try {
          files.write(cursor.fd, bytes, start);
          if (flush) files.flush(cursor.fd);
        } catch (error) {
          takeBack(start);
          throw error;
        }
        cursor.position = start + bytes.length;
        assertCounts();
        const bodyAt = cursor.position - (body?.length ?? 0);
        return { segment, bodyAt, bytes: bytes.length };
      } finally {
        locks.release(segment);
      }
    },
    async rotate(atEnd) {
      await acquire();
      const { segment } = cursor;
      try {
        takeInAll();
        files.flush(cursor.fd);
        if (!beginSegment(files, layout, segment + 1, cursor.position)) return;
        atEnd();
      } finally {
        locks.release(segment);
      }
      advance();
    },
    close: () => files.close(cursor.fd),
  };
}

function locked(path: string): StoreUnavailableError {
  return new StoreUnavailableError(`The store is locked by another process: ${path}`, {
    hint: 'Try again, or look for a process that writes without a pause.',
  });
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
