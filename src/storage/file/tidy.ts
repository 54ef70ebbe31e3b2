import { systemClock } from '../../core/clock.ts';
import { readCheckpoint } from './checkpoint.ts';
import { numbersOf } from './file-names.ts';
import { type Files, removeIfThere } from './files.ts';
import type { Layout } from './folder.ts';
import { segmentNumbers } from './segments.ts';
import { settleSegment } from './settle-segment.ts';

/** Who copies the folder meanwhile, or has slept a little, still finds what belongs together. */
const KEPT_MS = 60_000;

export interface TidyParts {
  readonly files: Files;
  readonly layout: Layout;
  /** Of the newest checkpoint. */
  readonly through: number;
  /** How long superseded files are kept, milliseconds. */
  readonly keptMs?: number | undefined;
  /** True once there is no time for more. */
  readonly isLate: () => boolean;
  readonly runIdsOf: (keys: readonly number[]) => Promise<ReadonlyMap<number, string>>;
}

/** Removes what checkpoints have superseded a while ago: first what leads to a file, then the file. */
export async function tidy(parts: TidyParts): Promise<void> {
  const { files, layout, through, keptMs = KEPT_MS, runIdsOf, isLate } = parts;
  const limit = systemClock.now() - keptMs;
  const isOld = (path: string) => (files.changedAt(path) ?? Number.POSITIVE_INFINITY) < limit;

  const kept: number[] = [];
  const catalogs = new Set<number>();
  for (const number of numbersOf(files.list(layout.checkpoints), '.jsonl')) {
    if (number < through && isOld(layout.checkpoint(number))) {
      removeIfThere(files, layout.checkpoint(number));
      continue;
    }
    kept.push(number);
    for (const each of readCheckpoint(files, layout, number)?.head.catalogs ?? [])
      catalogs.add(each);
  }
  for (const number of segmentNumbers(files, layout)) {
    // Ascending: whoever finds one finds all that follow.
    if (number > (kept[0] ?? 0) || !isOld(layout.segment(number))) break;
    if (!(await settleSegment(files, layout, number, runIdsOf, isLate))) return;
    removeIfThere(files, layout.segment(number));
    removeIfThere(files, layout.broken(number));
    removeIfThere(files, layout.lock(number));
  }
  for (const number of numbersOf(files.list(layout.catalog), '.jsonl')) {
    // One of a checkpoint in the making belongs to nobody yet.
    if (catalogs.has(number) || number > through || !isOld(layout.catalogLines(number))) continue;
    removeIfThere(files, layout.catalogIndex(number));
    removeIfThere(files, layout.catalogLines(number));
  }
  for (const folder of [layout.journal, layout.checkpoints, layout.catalog]) {
    for (const name of files.list(folder)) {
      const path = `${folder}/${name}`;
      if (name.endsWith('.tmp') && isOld(path)) removeIfThere(files, path);
    }
  }
}
