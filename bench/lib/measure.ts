import { median } from './stats.ts';
import type { Figures, Metric, Options, Target, Variant, Workload } from './workload.ts';

/** A line of the table. Ratios are engine ÷ other, the median of the ratios of the pairs. */
export interface Row {
  readonly workload: string;
  readonly variant: string;
  readonly unit: string;
  readonly figures: Readonly<Record<string, number>>;
  readonly ratio: number | null;
  readonly target: string | null;
  /** What is held against the target. */
  readonly reached: number | null;
  readonly ok: boolean | null;
  readonly pairs: number;
  /** Of the engine's figure over the pairs: smallest and largest. */
  readonly spread: readonly [number, number] | null;
  readonly note: string | null;
}

/** Peers are slow, and a factor of twenty does not need five rounds. */
const PEER_ROUNDS = 3;

type Rounds = Record<string, (Figures | null)[]>;

/** Measures every variant of a workload; `say` hears what goes on and what failed. */
export async function measure(
  workload: Workload,
  options: Options,
  say: (line: string) => void,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const variant of await workload.variants(options)) {
    const rounds = await alternate(variant, (line) =>
      say(`${workload.id} ${variant.name}: ${line}`),
    );
    rows.push(...variant.metrics.map((metric) => rowOf(workload.id, variant, metric, rounds)));
  }
  return rows;
}

/** A B A B: drift of the machine hits both sides of a pair alike. A side that fails is dropped. */
async function alternate(variant: Variant, say: (line: string) => void): Promise<Rounds> {
  const rounds: Rounds = Object.fromEntries(variant.sides.map((side) => [side, []]));
  for (let round = 1; round <= variant.pairs; round++) {
    for (const side of variant.sides) {
      const known = rounds[side]!;
      const peer = side !== 'engine' && side !== 'bare';
      if (known.includes(null) || (peer && round > PEER_ROUNDS)) continue;
      say(`${side} ${round}/${variant.pairs}`);
      known.push(
        await variant.measure(side).catch((error: Error) => {
          say(`${side} FAILED: ${error.message}`);
          return null;
        }),
      );
    }
  }
  return rounds;
}

function rowOf(workload: string, variant: Variant, metric: Metric, rounds: Rounds): Row {
  const { target, key } = metric;
  const figures: Record<string, number> = {};
  for (const side of variant.sides) {
    const known = (rounds[side] ?? []).flatMap((round) => round?.[key] ?? []);
    if (known.length > 0) figures[side] = median(known);
  }
  const own = (rounds.engine ?? []).flatMap((round) => round?.[key] ?? []);
  const reached = target ? reachedOf(target, key, figures, rounds) : null;
  return {
    workload,
    variant: variant.name,
    unit: metric.unit,
    figures,
    ratio: ratioTo('bare', key, rounds),
    target: target ? describe(target) : null,
    reached,
    ok: target ? holds(target, reached) : null,
    pairs: variant.pairs,
    spread: own.length > 0 ? [Math.min(...own), Math.max(...own)] : null,
    note: variant.note ?? null,
  };
}

function reachedOf(target: Target, key: string, figures: Figures, rounds: Rounds): number | null {
  if (target.of === 'value') return figures.engine ?? null;
  return ratioTo(target.of === 'ratio' ? 'bare' : target.of, key, rounds);
}

function ratioTo(other: string, key: string, rounds: Rounds): number | null {
  const ratios = (rounds.engine ?? []).flatMap((engine, round) => {
    const [ours, theirs] = [engine?.[key], rounds[other]?.[round]?.[key]];
    return ours !== undefined && theirs !== undefined ? [ours / theirs] : [];
  });
  return ratios.length > 0 ? median(ratios) : null;
}

/** A figure that could not be measured misses its target. */
function holds({ least = -Infinity, most = Infinity }: Target, reached: number | null): boolean {
  return reached !== null && reached >= least && reached <= most;
}

function describe({ of, least, most }: Target): string {
  const what = of === 'value' ? '' : of === 'ratio' ? '× bare' : `× ${of}`;
  return `${least !== undefined ? `≥ ${least}` : `≤ ${most}`}${what}`;
}
