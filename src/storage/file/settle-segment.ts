import type { FilePart, Files } from './files.ts';
import { openInFolder, readBytes, readWhole } from './files.ts';
import type { Layout } from './folder.ts';
import { decodeRecords, logPlaces } from './record.ts';
import { endOf } from './segments.ts';

const AT_ONCE = 8;

/**
 * Makes sure that everything a segment holds of the logs is in them and on disk, so that the segment
 * is not needed any more. What was written a minute ago is on disk by itself, mostly: flushing each
 * log when it is written would cost a hundred times as much.
 * @param runIdsOf of the runs with those keys
 * @returns false if it has been cut short
 */
export async function settleSegment(
  files: Files,
  layout: Layout,
  number: number,
  runIdsOf: (keys: readonly number[]) => Promise<ReadonlyMap<number, string>>,
  isLate: () => boolean,
): Promise<boolean> {
  const whole = readWhole(files, layout.segment(number));
  if (whole === null) return true;
  const segment = whole.subarray(0, endOf(files, layout, number) ?? whole.length);
  const wanted = new Map<number, FilePart[]>();
  for (const { record, bodyAt } of decodeRecords(segment, 0)) {
    for (const { key, position, length, logAt } of logPlaces(record, bodyAt)) {
      const bytes = segment.subarray(position, position + length);
      const parts = wanted.get(key);
      if (parts === undefined) wanted.set(key, [{ bytes, position: logAt }]);
      else parts.push({ bytes, position: logAt });
    }
  }
  const runIds = await runIdsOf([...wanted.keys()]);
  const queue = [...wanted];
  const folders = new Set<string>();
  const work = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      if (isLate()) return;
      const runId = runIds.get(next[0]);
      if (runId === undefined) continue;
      folders.add(layout.logFolder(runId));
      const fd = await openInFolder(files, layout.log(runId), layout.logFolder(runId));
      try {
        writeMissing(files, fd, next[1]);
        await files.flushAside(fd);
      } finally {
        files.close(fd);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (isLate()) return false;
  for (const folder of folders) files.flushFolder(folder);
  files.flushFolder(layout.runs);
  return true;
}

function writeMissing(files: Files, fd: number, parts: readonly FilePart[]): void {
  for (const { bytes, position } of parts) {
    const there = readBytes(files, fd, position, bytes.length);
    if (!there.equals(bytes)) files.write(fd, bytes, position);
  }
}
