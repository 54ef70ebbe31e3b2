import type { MemoryRun } from '../memory/memory-state.ts';
import type { CatalogRun } from './catalog.ts';
import { damaged } from './file-errors.ts';
import { type Chunk, detailsOf, type FileState } from './file-state.ts';
import { type Files, openIfThere, openInFolder, readBytes, readWhole } from './files.ts';
import type { Layout } from './folder.ts';
import { decodeRecords, logPlaces } from './record.ts';
import { segmentNumbers } from './segments.ts';

/** Reads and writes the events of runs, wherever they are. */
export interface RunLogs {
  /** Of a run that is alive; all of its log unless a range of it is given. */
  readonly readLive: (state: FileState, run: MemoryRun, from?: number, to?: number) => Buffer;
  readonly readFinished: (line: CatalogRun, from?: number, to?: number) => Buffer;
  /** Copies events of the journal to the run's log, for all segments up to `through`. */
  readonly copy: (state: FileState, run: MemoryRun, through: number) => Promise<void>;
}

export function createRunLogs(files: Files, layout: Layout): RunLogs {
  function readChunk({ segment, position }: Chunk, from: number, to: number): Buffer | null {
    return readPart(layout.segment(segment), position + from, position + to);
  }

  function readLog(runId: string, from: number, to: number): Buffer {
    return readPart(layout.log(runId), from, to) ?? Buffer.alloc(0);
  }

  function readPart(path: string, from: number, to: number): Buffer | null {
    const fd = openIfThere(files, path);
    if (fd === null) return null;
    try {
      return readBytes(files, fd, from, to - from);
    } finally {
      files.close(fd);
    }
  }

  /** Bytes of a log of that length, wherever they are now. */
  function readRange(
    run: { readonly runId: string; readonly key: number; readonly log: number },
    chunks: readonly Chunk[],
    from: number,
    to: number,
  ): Buffer {
    const inLog = Math.min(chunks[0]?.logAt ?? run.log, to);
    const parts = [from < inLog ? readLog(run.runId, from, inLog) : Buffer.alloc(0)];
    for (const chunk of chunks) {
      const start = Math.max(from - chunk.logAt, 0);
      const end = Math.min(to - chunk.logAt, chunk.length);
      // A segment that has been tidied away has become part of the log.
      if (start < end) {
        parts.push(
          readChunk(chunk, start, end) ??
            readLog(run.runId, chunk.logAt + start, chunk.logAt + end),
        );
      }
    }
    const bytes = parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts);
    const isWhole = bytes.length === to - from && !bytes.includes(0);
    return isWhole ? bytes : readScattered(run).subarray(from, to);
  }

  /**
   * After a power cut a log may have holes, which read as zeros, and a folder that was copied while
   * it was written to may hold logs older than its checkpoint. The journal has what is missing.
   */
  function readScattered(run: { runId: string; key: number; log: number }): Buffer {
    const bytes = Buffer.alloc(run.log);
    readLog(run.runId, 0, run.log).copy(bytes);
    const hole = bytes.indexOf(0);
    let known = hole < 0 ? run.log : hole;
    for (const number of segmentNumbers(files, layout)) {
      const segment = readWhole(files, layout.segment(number));
      if (segment === null) continue;
      for (const { record, bodyAt } of decodeRecords(segment, 0)) {
        for (const { key, position, length, logAt } of logPlaces(record, bodyAt)) {
          if (key !== run.key || logAt > known || logAt + length <= known) continue;
          segment.copy(bytes, logAt, position, position + length);
          known = logAt + length;
        }
      }
    }
    if (known < run.log)
      throw damaged(`${layout.log(run.runId)}: ${run.log - known} bytes are missing`);
    return bytes;
  }

  return {
    readLive(state, run, from = 0, to) {
      const { log, chunks } = detailsOf(state, run);
      const { runId } = run.summary;
      return readRange({ runId, key: run.key, log }, chunks, from, Math.min(to ?? log, log));
    },
    readFinished: ({ run: { runId }, key, log }, from = 0, to) =>
      readRange({ runId, key, log }, [], from, Math.min(to ?? log, log)),
    async copy(state, run, through) {
      const { chunks } = detailsOf(state, run);
      const due = chunks.filter((chunk) => chunk.segment <= through && !chunk.copied);
      if (due.length === 0) return;
      const { runId } = run.summary;
      const fd = await openInFolder(files, layout.log(runId), layout.logFolder(runId));
      try {
        for (const chunk of due) {
          const bytes = readChunk(chunk, 0, chunk.length);
          if (bytes !== null) files.write(fd, bytes, chunk.logAt);
          chunk.copied = true;
        }
      } finally {
        files.close(fd);
      }
    },
  };
}
