import type { HookRecord } from '../../core/hook.ts';
import type { RunSummary } from '../../core/run.ts';
import type { MemoryRun } from '../memory/memory-state.ts';
import { gateImage, runImage, scheduleImage } from './capture.ts';
import { damaged } from './file-errors.ts';
import { detailsOf, type FileState, isOver, nothingWritten } from './file-state.ts';
import { type Files, readWhole, writeNew } from './files.ts';
import type { Layout } from './folder.ts';
import type { Images } from './images.ts';
import { type CheckpointMark, decodeRecords, encodeRecord } from './record.ts';

/** The first line of a checkpoint; a line of images for each thing that is alive follows. */
export interface CheckpointHead extends CheckpointMark {
  readonly lastRunKey: number;
  readonly lastHookKey: number;
  readonly lastInboxId: number;
}

/** The store at the end of a segment, taken down in one go. */
export interface Snapshot {
  readonly head: Omit<CheckpointHead, 'catalogs'>;
  readonly lines: Buffer;
  /** What goes into a catalog. */
  readonly finished: readonly FinishedRun[];
  /** Whose logs are to be brought up to date. */
  readonly runs: readonly MemoryRun[];
}

export interface FinishedRun {
  readonly run: MemoryRun;
  readonly summary: RunSummary;
  readonly log: number;
  readonly hookKeys: readonly number[];
  readonly hooks: readonly { readonly key: number; readonly record: HookRecord }[];
}

export function takeSnapshot(state: FileState, through: number): Snapshot {
  const { memory, lastRunKey, lastHookKey, liveByKey } = state;
  const lines: string[] = [];
  const add = (images: Images) => lines.push(JSON.stringify(images));
  for (const { record } of memory.workers.values()) add({ workers: [record] });
  const finished: FinishedRun[] = [];
  const runs = [...liveByKey.values()].sort((a, b) => a.key - b.key);
  for (const run of runs) {
    if (isOver(state, run)) finished.push(finishedRun(state, run));
    else add({ runs: [runImage(state, run, nothingWritten())] });
  }
  for (const gate of memory.gates.values()) add({ gates: [gateImage(gate)] });
  for (const schedule of memory.schedules.values()) {
    add({ schedules: [scheduleImage(schedule, true)] });
  }
  for (const [name, places] of memory.rates) add({ rates: { [name]: places } });
  lines.push('');
  return {
    head: { through, lastRunKey, lastHookKey, lastInboxId: memory.lastInboxId },
    lines: Buffer.from(lines.join('\n')),
    finished,
    runs: runs.filter((run) => detailsOf(state, run).chunks.length > 0),
  };
}

function finishedRun(state: FileState, run: MemoryRun): FinishedRun {
  const { log, hookKeys } = detailsOf(state, run);
  const hooks = [...run.hooks.values()].map(({ key, record }) => ({ key, record }));
  return { run, summary: run.summary, log, hookKeys: [...hookKeys], hooks };
}

/** Gives a checkpoint its name; from then on it is what a process begins with. */
export function writeCheckpoint(
  files: Files,
  layout: Layout,
  head: CheckpointHead,
  lines: Buffer,
): void {
  const path = layout.checkpoint(head.through);
  const temporary = layout.temporary(path);
  writeNew(files, temporary, encodeRecord(head, lines));
  files.rename(temporary, path);
  files.flushFolder(layout.checkpoints);
}

/** Null if it is not there, or not whole. */
export function readCheckpoint(
  files: Files,
  layout: Layout,
  through: number,
): { readonly head: CheckpointHead; readonly lines: Buffer } | null {
  const bytes = readWhole(files, layout.checkpoint(through));
  if (bytes === null) return null;
  const [found] = decodeRecords<CheckpointHead>(bytes, 0);
  if (found === undefined) return null;
  return { head: found.record, lines: bytes.subarray(found.bodyAt, found.end) };
}

/** @throws StoreError */
export function* linesOf(lines: Buffer, where: string): Generator<Images> {
  let at = 0;
  while (at < lines.length) {
    const end = lines.indexOf(0x0a, at);
    if (end < 0) throw damaged(where);
    yield JSON.parse(lines.toString('utf8', at, end));
    at = end + 1;
  }
}
