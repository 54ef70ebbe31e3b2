import type { WorkflowEvent } from '../core/event.ts';

/** One line of two histories beside each other. */
export interface DiffRow {
  readonly kind: 'same' | 'changed' | 'only_a' | 'only_b';
  readonly a: WorkflowEvent | null;
  readonly b: WorkflowEvent | null;
}

/** Cells of the table by which the best alignment is found; beyond it, line by line has to do. */
const MOST_CELLS = 4_000_000;

/**
 * What two runs have done, side by side. Instants, tokens and ids of runs do not count: they differ
 * always.
 */
export function diffHistories(
  a: readonly WorkflowEvent[],
  b: readonly WorkflowEvent[],
): readonly DiffRow[] {
  const keysA = a.map(keyOf);
  const keysB = b.map(keyOf);
  let start = 0;
  while (start < a.length && start < b.length && keysA[start] === keysB[start]) start += 1;
  let tail = 0;
  const isSameFromEnd = () =>
    tail < Math.min(a.length, b.length) - start &&
    keysA[a.length - 1 - tail] === keysB[b.length - 1 - tail];
  while (isSameFromEnd()) tail += 1;

  const rows: DiffRow[] = [];
  const same = (i: number, j: number) =>
    rows.push({ kind: 'same', a: a[i] ?? null, b: b[j] ?? null });
  for (let i = 0; i < start; i++) same(i, i);
  const middle = align(keysA.slice(start, a.length - tail), keysB.slice(start, b.length - tail));
  for (const [i, j] of middle) {
    const left = i === null ? null : (a[start + i] ?? null);
    const right = j === null ? null : (b[start + j] ?? null);
    if (left !== null && right !== null) rows.push({ kind: 'same', a: left, b: right });
    else rows.push({ kind: left === null ? 'only_b' : 'only_a', a: left, b: right });
  }
  for (let i = tail; i > 0; i--) same(a.length - i, b.length - i);
  return paired(rows);
}

type Pair = readonly [a: number | null, b: number | null];

/** The longest common subsequence: equal lines in pairs, the others alone. */
function align(a: readonly string[], b: readonly string[]): readonly Pair[] {
  if (a.length * b.length > MOST_CELLS) {
    return [...a.map((_, i): Pair => [i, null]), ...b.map((_, j): Pair => [null, j])];
  }
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pairs: Pair[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) pairs.push([i++, j++]);
    else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1)))
      pairs.push([i++, null]);
    else pairs.push([null, j++]);
  }
  return pairs;
}

/** What A has and what B has in the same place are shown beside each other if they are alike. */
function paired(rows: readonly DiffRow[]): readonly DiffRow[] {
  const result: DiffRow[] = [];
  for (let at = 0; at < rows.length; ) {
    const row = rows[at] as DiffRow;
    if (row.kind === 'same') {
      result.push(row);
      at += 1;
      continue;
    }
    let end = at;
    while (end < rows.length && rows[end]?.kind !== 'same') end += 1;
    const block = rows.slice(at, end);
    result.push(
      ...zip(
        block.flatMap(({ a }) => a ?? []),
        block.flatMap(({ b }) => b ?? []),
      ),
    );
    at = end;
  }
  return result;
}

function zip(a: readonly WorkflowEvent[], b: readonly WorkflowEvent[]): DiffRow[] {
  const rows: DiffRow[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]];
    if (left !== undefined && right !== undefined && left.type === right.type) {
      rows.push({ kind: 'changed', a: left, b: right });
      i += 1;
      j += 1;
    } else if (left !== undefined) {
      rows.push({ kind: 'only_a', a: left, b: null });
      i += 1;
    } else {
      rows.push({ kind: 'only_b', a: null, b: right ?? null });
      j += 1;
    }
  }
  return rows;
}

const VOLATILE =
  /(_at|run_id|^token|^url|^secret|^draws_from|^scheduled_time|^worker_id|^last_event_sequence|^code_version|^stack)$/;

function keyOf({ type, data }: WorkflowEvent): string {
  return `${type} ${JSON.stringify(data, (key, value) => (VOLATILE.test(key) ? undefined : value))}`;
}
