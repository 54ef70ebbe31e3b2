const STEPS = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'm', ms: 60_000 },
  { name: 's', ms: 1000 },
  { name: 'ms', ms: 1 },
] as const;

/**
 * Says a length of time to people, with its two largest units: `850ms`, `1.2s`, `1h 30m`, `14d`.
 *
 * @param ms milliseconds, also fractional or negative
 */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`;
  const whole = Math.round(ms);
  if (whole < 1000) return `${whole}ms`;
  const tenths = Math.round(ms / 100);
  if (tenths < 600) return `${tenths / 10}s`;
  const at = STEPS.findIndex((step) => tenths * 100 >= step.ms);
  const small = STEPS[at + 1];
  if (!small) return durationText(whole);
  const rounded = Math.round(ms / small.ms) * small.ms;
  return spell(rounded, ' ');
}

/**
 * Writes a duration so that `parseDuration` gives the same number back: `1h30m`.
 *
 * @param ms whole milliseconds, not negative
 */
export function durationText(ms: number): string {
  return ms === 0 ? '0s' : spell(ms, '');
}

function spell(ms: number, separator: string): string {
  const parts: string[] = [];
  let rest = ms;
  for (const step of STEPS) {
    const count = Math.floor(rest / step.ms);
    rest -= count * step.ms;
    if (count > 0) parts.push(`${count}${step.name}`);
  }
  return parts.join(separator);
}
