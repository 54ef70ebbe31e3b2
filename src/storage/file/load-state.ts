import { setTimer } from '../memory/memory-waits.ts';
import type { Timer } from '../store.ts';
import { createCatalogs } from './catalog.ts';
import { type CheckpointHead, linesOf, readCheckpoint } from './checkpoint.ts';
import { damaged } from './file-errors.ts';
import { numbersOf } from './file-names.ts';
import { createFileState, detailsOf, type FileState, runByKey } from './file-state.ts';
import { codeOf, type Files } from './files.ts';
import type { Layout } from './folder.ts';
import { applyImages } from './restore.ts';
import { beginSegment, segmentNumbers } from './segments.ts';

export interface Loaded {
  readonly state: FileState;
  /** The segment of the journal to go on with. */
  readonly segment: number;
  /** Of the checkpoint. */
  readonly bytes: number;
}

/**
 * The state as of the newest checkpoint that is whole; the journal has the rest.
 * @throws StoreError if there is none, and the journal does not begin at the beginning
 */
export function loadState(files: Files, layout: Layout): Loaded {
  const segments = segmentNumbers(files, layout);
  for (const through of numbersOf(files.list(layout.checkpoints), '.jsonl').reverse()) {
    const goesOn = segments.includes(through + 1) || !segments.some((number) => number > through);
    if (!goesOn) continue;
    const loaded = loadCheckpoint(files, layout, through);
    if (loaded === null) continue;
    // A folder that was copied while it was written to may lack the segment that has just begun.
    if (!segments.includes(through + 1)) beginSegment(files, layout, through + 1, 0);
    return loaded;
  }
  if (segments.length === 0) beginSegment(files, layout, 1, 0);
  else if (segments[0] !== 1) throw damaged(`${layout.checkpoints}: there is no whole checkpoint`);
  return { state: createFileState(createCatalogs(files, layout)), segment: 1, bytes: 0 };
}

function loadCheckpoint(files: Files, layout: Layout, through: number): Loaded | null {
  const found = readCheckpoint(files, layout, through);
  if (found === null) return null;
  const { head, lines } = found;
  const catalogs = createCatalogs(files, layout);
  try {
    catalogs.use(head.catalogs);
  } catch (error) {
    catalogs.close();
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
  const state = createFileState(catalogs);
  applyLines(state, lines, head, layout.checkpoint(through));
  return { state, segment: through + 1, bytes: lines.length };
}

function applyLines(state: FileState, lines: Buffer, head: CheckpointHead, where: string): void {
  const timers: { readonly key: number; readonly timer: Timer }[] = [];
  for (const images of linesOf(lines, where)) {
    // In order of time they are added in no time.
    const runs = images.runs?.map(({ timers: own, ...image }) => {
      for (const timer of own ?? []) timers.push({ key: image.key, timer });
      return image;
    });
    applyImages(state, runs === undefined ? images : { ...images, runs }, head.through);
  }
  timers.sort((a, b) => a.timer.dueAt - b.timer.dueAt);
  for (const { key, timer } of timers) {
    const run = runByKey(state, key);
    if (run === undefined) continue;
    setTimer(state.memory, run, timer);
    detailsOf(state, run).written.timers = true;
  }
  state.lastRunKey = head.lastRunKey;
  state.lastHookKey = head.lastHookKey;
  state.memory.lastInboxId = head.lastInboxId;
  state.checkpoint = head.through;
}
