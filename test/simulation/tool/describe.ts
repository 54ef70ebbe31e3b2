import type { SeedReport } from '../run/run-seed.ts';

/** What is wrong, and the command that shows it again. */
export function describeFailure({ seed, violations }: SeedReport): string {
  const shown = violations.slice(0, 12).map((what) => `  ${what}`);
  const more = violations.length > 12 ? [`  and ${violations.length - 12} more`] : [];
  const again = `  again: npm run simulate -- --seed ${seed}`;
  return [`seed ${seed} fails:`, ...shown, ...more, again].join('\n');
}

export function describeCounts(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([what, times]) => `${times} ${what}`).join(', ');
}
