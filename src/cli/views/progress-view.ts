import { isoTime } from '../../core/clock.ts';
import type { RunProgress } from '../../core/run.ts';
import { brief } from '../output/text.ts';

const CELLS = 10;

/** `███████░░░ 7/10 sending`, or `7 sending` where nobody knows how much there is. */
export function progressText({ done, total, note }: RunProgress): string {
  const what = note === null ? '' : ` ${brief(note, 40)}`;
  return total === null ? `${done}${what}` : `${bar(done, total)} ${done}/${total}${what}`;
}

/** The same for a table: `70% sending`. */
export function progressCell({ done, total, note }: RunProgress): string {
  const what = note === null ? '' : ` ${brief(note, 30)}`;
  return total === null || total <= 0 ? `${done}${what}` : `${percent(done, total)}%${what}`;
}

export function progressJson(progress: RunProgress | null) {
  if (progress === null) return null;
  const { done, total, note, at } = progress;
  return { done, total, note, at: isoTime(at) };
}

function bar(done: number, total: number): string {
  const full = Math.round((percent(done, total) / 100) * CELLS);
  return '█'.repeat(full) + '░'.repeat(CELLS - full);
}

function percent(done: number, total: number): number {
  return total <= 0 ? 0 : Math.min(100, Math.max(0, Math.floor((done / total) * 100)));
}
