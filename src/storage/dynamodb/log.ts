import { digits } from './keys.ts';
import { newNonce, type Stowed, stow, stowedFrom, stowedText, unstow } from './stow.ts';
import { attributesOf, type Item, numberOf, textOf, type Wire } from './wire.ts';

/**
 * A list that only grows: its latest entries are in the root; what no longer fits there is moved into
 * segments that never change, each of which names the one before. Segments that are not in this
 * chain are what interrupted writes have left behind.
 */
export interface LogDoc {
  /** JSON texts of the entries from `first` on, with commas between them. */
  tail: string;
  first: number;
  /** Number of the next entry. */
  next: number;
  /** Sort keys of the last segment and the first one. */
  last: string | null;
  begin: string | null;
}

export interface LogPart {
  readonly first: number;
  /** JSON texts with commas between them. */
  readonly text: string;
}

export function newLog(first = 1): LogDoc {
  return { tail: '', first, next: first, last: null, begin: null };
}

/** Every change of a root writes all of it: what is in the tail is paid for again and again. */
const TAIL_MOST = 2_048;
const SEGMENT_MOST = 100_000;

/** @param text of `count` entries, at least one. */
export function append(
  log: LogDoc,
  pk: string,
  prefix: string,
  text: string,
  count: number,
  aside: (item: Item) => void,
): void {
  const joined = log.tail === '' ? text : `${log.tail},${text}`;
  const next = log.next + count;
  if (joined.length <= TAIL_MOST) {
    log.tail = joined;
    log.next = next;
    return;
  }
  const sk = `${prefix}#${digits(log.first)}#${newNonce()}`;
  aside(segment(pk, sk, log, stow(pk, joined, SEGMENT_MOST, aside)));
  log.begin ??= sk;
  Object.assign(log, { tail: '', first: next, next, last: sk });
}

function segment(pk: string, sk: string, { first, last }: LogDoc, text: Stowed): Item {
  return attributesOf({
    ...{ pk, sk, first, prev: last ?? undefined },
    ...('i' in text ? { text: text.i } : { blob: stowedText(text) }),
  });
}

/** Everything from the part with the entry after `after` on, in order. */
export async function readLog(
  wire: Wire,
  pk: string,
  log: LogDoc,
  after: number,
): Promise<LogPart[]> {
  const parts: LogPart[] = log.tail === '' ? [] : [{ first: log.first, text: log.tail }];
  if (after + 1 >= log.first || log.last === null || log.begin === null) return parts;
  let wanted: string | null = log.last;
  const from = log.begin.slice(0, log.begin.indexOf('#') + 1);
  const where = { text: '#k BETWEEN :from AND :to', values: { ':from': from, ':to': log.last } };
  const found: Promise<LogPart>[] = [];
  for await (const page of wire.query({ hash: pk, where, descending: true })) {
    for (const item of page) {
      if (textOf(item, 'sk') !== wanted) continue;
      found.push(partOf(wire, pk, item));
      wanted = item.prev === undefined ? null : textOf(item, 'prev');
      if (numberOf(item, 'first') <= after + 1) wanted = null;
      if (wanted === null) break;
    }
    if (wanted === null) break;
  }
  return [...(await Promise.all(found)).reverse(), ...parts];
}

/** The part with the first entry, or null. */
export async function firstPart(wire: Wire, pk: string, log: LogDoc): Promise<LogPart | null> {
  if (log.begin === null) return log.tail === '' ? null : { first: log.first, text: log.tail };
  return segmentAt(wire, pk, log.begin);
}

/** The part with the last entry, or null. */
export async function lastPart(wire: Wire, pk: string, log: LogDoc): Promise<LogPart | null> {
  if (log.tail !== '') return { first: log.first, text: log.tail };
  return log.last === null ? null : segmentAt(wire, pk, log.last);
}

async function segmentAt(wire: Wire, pk: string, sk: string): Promise<LogPart | null> {
  const item = await wire.get({ pk, sk });
  return item === null ? null : partOf(wire, pk, item);
}

async function partOf(wire: Wire, pk: string, item: Item): Promise<LogPart> {
  const text =
    item.text === undefined ? stowedFrom(textOf(item, 'blob')) : { i: textOf(item, 'text') };
  return { first: numberOf(item, 'first'), text: await unstow(wire, pk, text) };
}
