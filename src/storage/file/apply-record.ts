import { damaged } from './file-errors.ts';
import { detailsOf, entryOf, type FileState, isOver, runByKey } from './file-state.ts';
import { isMissing } from './files.ts';
import { type CheckpointMark, type FoundRecord, logPlaces } from './record.ts';
import { applyImages } from './restore.ts';

/** Lets go of what has become part of files. */
export function adoptCheckpoint(state: FileState, { through, catalogs }: CheckpointMark): void {
  if (through <= state.checkpoint) return;
  try {
    state.catalogs.use(catalogs);
  } catch (error) {
    // Superseded and tidied away, or not yet there when the folder was copied: memory holds it all.
    if (isMissing(error)) return;
    throw error;
  }
  state.checkpoint = through;
  for (const run of state.liveByKey.values()) {
    const details = detailsOf(state, run);
    const kept = details.chunks.findIndex((chunk) => chunk.segment > through);
    details.chunks.splice(0, kept < 0 ? details.chunks.length : kept);
    if (!isOver(state, run) || details.segment > through) continue;
    state.live.delete(run.summary.runId);
    state.liveByKey.delete(run.key);
    for (const hook of run.hooks.values()) state.liveHooks.delete(hook.key);
    const entry = entryOf(run);
    if (entry !== null && state.liveKeys.get(entry) === run) state.liveKeys.delete(entry);
  }
}

/** Takes in what another process has added, or this one before it was started anew. */
export function applyRecord(
  state: FileState,
  { record, bodyAt }: FoundRecord,
  segment: number,
): void {
  if (record.images !== undefined) applyImages(state, record.images, segment);
  for (const { key, position, length, logAt } of logPlaces(record, bodyAt)) {
    const run = runByKey(state, key);
    if (run === undefined) throw damaged(`events of run number ${key}, which is not there`);
    detailsOf(state, run).chunks.push({ segment, position, length, logAt, copied: false });
  }
  if (record.checkpoint !== undefined) adoptCheckpoint(state, record.checkpoint);
}
