import { ValidationError } from './errors.ts';

export { durationText, formatDuration } from './duration-text.ts';

/**
 * A length of time: a number of seconds, a text such as `'1h30m'` or `'PT90M'`, or its parts.
 * Everywhere precise to the millisecond, never negative.
 */
export type Duration = string | number | DurationParts;

export interface DurationParts {
  readonly weeks?: number;
  readonly days?: number;
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
  readonly milliseconds?: number;
}

const MS = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
type Unit = keyof typeof MS;
const UNITS = Object.keys(MS) as Unit[];

const PART_UNITS: { readonly [key in keyof DurationParts]-?: Unit } = {
  weeks: 'w',
  days: 'd',
  hours: 'h',
  minutes: 'm',
  seconds: 's',
  milliseconds: 'ms',
};

const ACCEPTED =
  "Accepted are '30s', '5m', '2h', '1d', '1w', '1h30m', '500ms', 'PT90M', a number of seconds, " +
  'or { hours: 2, minutes: 30 }';

/** The furthest instant a Date can hold. */
const MAX_MS = 8.64e15;

/**
 * @param duration a text with units, a number of seconds, or an object of parts
 * @returns whole milliseconds, rounded
 * @throws ValidationError saying what is wrong and what is accepted
 */
export function parseDuration(duration: Duration): number {
  const ms = readDuration(duration);
  if (typeof ms === 'number') return ms;
  throw new ValidationError(`Invalid duration ${show(duration)}`, [
    { path: '', message: `${ms}. ${ACCEPTED}` },
  ]);
}

/** @returns what is wrong with it, or undefined */
export function durationProblem(duration: unknown): string | undefined {
  const ms = readDuration(duration);
  return typeof ms === 'string' ? ms : undefined;
}

/** @returns whole milliseconds, or what is wrong */
function readDuration(duration: unknown): number | string {
  const ms = readAny(duration);
  if (typeof ms === 'string') return ms;
  if (Number.isNaN(ms)) return 'it is not a number';
  if (ms < 0) return 'it is negative';
  return ms <= MAX_MS ? Math.round(ms) : 'it is longer than any calendar';
}

function readAny(duration: unknown): number | string {
  if (typeof duration === 'number') return duration * MS.s;
  if (typeof duration === 'string') return readText(duration.trim());
  if (typeof duration !== 'object' || duration === null) return 'it is no duration';
  return readParts(duration as { readonly [key: string]: unknown });
}

function readParts(parts: { readonly [key: string]: unknown }): number | string {
  let total: number | undefined;
  for (const [key, value] of Object.entries(parts)) {
    const unit = Object.hasOwn(PART_UNITS, key) && PART_UNITS[key as keyof DurationParts];
    if (!unit) return `unknown unit '${key.slice(0, 20)}'`;
    if (value === undefined) continue;
    if (typeof value !== 'number' || !(value >= 0)) return `'${key}' is not a positive number`;
    total = (total ?? 0) + value * MS[unit];
  }
  return total ?? 'it names no unit';
}

function readText(text: string): number | string {
  if (text === '') return 'it is empty';
  if (text.startsWith('-')) return 'it is negative';
  if (/^p/i.test(text)) return readIso(text.toUpperCase());
  if (/^[\d.]+$/.test(text)) return 'the unit is missing';
  let total = 0;
  let last = -1;
  let rest = text;
  while (rest !== '') {
    const part = /^(\d+(?:\.\d+)?)([a-zµ]*)\s*/i.exec(rest);
    if (!part) return `'${rest.slice(0, 20)}' is not a number with a unit`;
    const [matched, amount = '', name = ''] = part;
    const at = UNITS.indexOf(name.toLowerCase() as Unit);
    const unit = UNITS[at];
    if (!unit) return name === '' ? `the unit of '${amount}' is missing` : `unknown unit '${name}'`;
    if (at === last) return `unit '${unit}' comes twice`;
    if (at < last) return `'${unit}' must come before '${UNITS[last]}'`;
    total += Number(amount) * MS[unit];
    last = at;
    rest = rest.slice(matched.length);
  }
  return total;
}

const ISO = /^P(?:(N)W)?(?:(N)D)?(?:T(?=\d)(?:(N)H)?(?:(N)M)?(?:(N)S)?)?$/;
const ISO_DURATION = new RegExp(ISO.source.replaceAll('N', String.raw`\d+(?:[.,]\d+)?`));
const ISO_UNITS: readonly Unit[] = ['w', 'd', 'h', 'm', 's'];

function readIso(text: string): number | string {
  if (/^P[^T]*[YM]/.test(text)) return 'years and months have no fixed length';
  const amounts = ISO_DURATION.exec(text)?.slice(1);
  if (!amounts || text === 'P') return 'it is not an ISO 8601 duration such as P1DT2H or PT30S';
  return ISO_UNITS.reduce((total, unit, i) => {
    return total + Number((amounts[i] ?? '0').replace(',', '.')) * MS[unit];
  }, 0);
}

function show(duration: unknown): string {
  if (typeof duration === 'string') return `'${duration.slice(0, 40)}'`;
  if (typeof duration !== 'object' || duration === null) return String(duration);
  return Array.isArray(duration) ? 'list' : `{ ${Object.keys(duration).join(', ').slice(0, 40)} }`;
}
