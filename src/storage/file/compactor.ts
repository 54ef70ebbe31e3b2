import type { MemoryRun } from '../memory/memory-state.ts';
import { adoptCheckpoint } from './apply-record.ts';
import { archive } from './archive.ts';
import type { Captured } from './capture.ts';
import { type Snapshot, takeSnapshot, writeCheckpoint } from './checkpoint.ts';
import type { FileCore } from './file-core.ts';
import type { FileState } from './file-state.ts';
import type { Files } from './files.ts';
import type { Layout } from './folder.ts';
import type { RunLogs } from './run-logs.ts';
import { tidy } from './tidy.ts';

/** Brings into the files what the journal holds, beside all else that goes on. */
export interface Compactor {
  readonly onWritten: (captured: Captured) => void;
  /** Makes a checkpoint now, unless one is being made. */
  readonly checkpoint: () => Promise<void>;
  /** Ends what goes on, and leaves the logs of this process's runs up to date. */
  readonly close: () => Promise<void>;
}

export interface CompactorParts {
  readonly files: Files;
  readonly layout: Layout;
  readonly logs: RunLogs;
  readonly core: () => FileCore;
  /** From which size on a segment is ended; bytes. */
  readonly segmentBytes: number;
  /** How long what is superseded is kept; milliseconds. */
  readonly keptMs?: number | undefined;
}

/** People who look into a log find what happened a moment ago. */
const COPY_AFTER_MS = 250;
/** A process that ends leaves no more than this for the next one to read. */
const LEFT_BYTES = 256 * 1024;
const AT_ONCE = 8;
/** How long closing may take; what is not copied by then is safe in the journal. */
const CLOSING_MS = 2000;

export function createCompactor(parts: CompactorParts): Compactor {
  const { files, layout, logs, core, segmentBytes } = parts;
  let behind = new Set<MemoryRun>();
  let copying: NodeJS.Timeout | undefined;
  let ongoing: Promise<void> | null = null;
  let tidying: Promise<void> | null = null;
  let closed = false;
  let hasWritten = false;
  let endBy = Number.POSITIVE_INFINITY;

  function isDue(): boolean {
    const { backlog, checkpoint } = core().sizes();
    return backlog > Math.max(segmentBytes, checkpoint);
  }

  function isLate(): boolean {
    return performance.now() > endBy;
  }

  /** What fails here is tried again with the next checkpoint; nothing depends on it. */
  function checkpoint(): Promise<void> {
    ongoing ??= make()
      .catch(() => {})
      .finally(() => {
        ongoing = null;
      });
    return ongoing;
  }

  async function make(): Promise<void> {
    const taken = await core().exclusively(async (journal, state) => {
      let snapshot: Snapshot | null = null;
      await journal.rotate(() => {
        snapshot = takeSnapshot(state, journal.segment());
      });
      return snapshot === null ? null : { snapshot: snapshot as Snapshot, state };
    });
    if (taken === null) return;
    const { snapshot, state } = taken;
    const { through } = snapshot.head;
    if (state.checkpoint > through) return;
    const finished = new Set(snapshot.finished.map(({ run }) => run));
    const alive = snapshot.runs.filter((run) => !finished.has(run));
    if (!(await copyAll(state, alive, through, isLate))) return;
    const catalogs = archive(files, layout, logs, state, snapshot);
    writeCheckpoint(files, layout, { ...snapshot.head, catalogs }, snapshot.lines);
    core().onCheckpoint(snapshot.lines.length);
    // What is left out here is done before the segment is removed.
    await copyAll(state, finished, through, () => isLate() || isDue());
    const mark = { through, catalogs };
    await core().exclusively(async (journal, current) => {
      await journal.add(() => ({ record: { checkpoint: mark }, flush: false }));
      adoptCheckpoint(current, mark);
    });
    // It may take its time; checkpoints do not wait for it.
    if (!closed && tidying === null) {
      const { keptMs } = parts;
      tidying = tidy({ files, layout, through, keptMs, runIdsOf, isLate })
        .catch(() => {})
        .finally(() => {
          tidying = null;
        });
    }
  }

  async function runIdsOf(keys: readonly number[]): Promise<ReadonlyMap<number, string>> {
    return core().read((state) => {
      const found = new Map<number, string>();
      for (const key of keys) {
        const { runId } = state.liveByKey.get(key)?.summary ?? state.catalogs.columns(key) ?? {};
        if (runId !== undefined) found.set(key, runId);
      }
      return found;
    });
  }

  async function copyAll(
    state: FileState,
    runs: Iterable<MemoryRun>,
    through: number,
    stops: () => boolean,
  ): Promise<boolean> {
    const queue = [...runs];
    let isWhole = true;
    const work = async () => {
      for (let run = queue.pop(); run !== undefined; run = queue.pop()) {
        if (stops()) {
          isWhole = false;
          return;
        }
        await logs.copy(state, run, through);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return isWhole;
  }

  async function copyBehind(): Promise<void> {
    const runs = behind;
    behind = new Set();
    copying = undefined;
    // A checkpoint copies them anyway.
    if (ongoing !== null || runs.size === 0) return;
    const state = await core().exclusively(async (_journal, current) => current);
    await copyAll(state, runs, Number.POSITIVE_INFINITY, isLate);
  }

  return {
    onWritten({ runs }) {
      hasWritten = true;
      for (const run of runs) behind.add(run);
      if (closed) return;
      if (isDue()) void checkpoint();
      copying ??= setTimeout(() => void copyBehind().catch(() => {}), COPY_AFTER_MS).unref();
    },
    checkpoint,
    async close() {
      closed = true;
      endBy = performance.now() + CLOSING_MS;
      clearTimeout(copying);
      await Promise.all([ongoing, tidying]);
      if (hasWritten && core().sizes().backlog > LEFT_BYTES) await checkpoint();
      else await copyBehind().catch(() => {});
    },
  };
}
