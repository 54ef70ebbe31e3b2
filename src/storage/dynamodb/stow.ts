import { randomBytes } from 'node:crypto';
import { attributesOf, type Item, type Wire } from './wire.ts';

/** A text in an item, or beside it in items of their own that never change. */
export type Stowed = { readonly i: string } | { readonly b: string; readonly c: number };

/** An item holds 400 KB; a change keeps two versions of what it changes beside each other. */
const CHUNK = 350_000;

/** Unique: what an interrupted write has left behind is in nobody's way. */
export function newNonce(): string {
  return randomBytes(9).toString('base64url');
}

/**
 * @param pk the partition of whoever refers to it.
 * @param most characters that may stay inside.
 * @param aside takes the items that have to be written before anybody refers to them.
 */
export function stow(pk: string, text: string, most: number, aside: (item: Item) => void): Stowed {
  if (text.length <= most) return { i: text };
  const b = newNonce();
  // As bytes: a cut through a character of text would lose it.
  const bytes = Buffer.from(text, 'utf8');
  const c = Math.ceil(bytes.length / CHUNK);
  for (let at = 0; at < c; at++) {
    const part = bytes.subarray(at * CHUNK, (at + 1) * CHUNK);
    aside({ ...attributesOf({ pk, sk: chunkKey(b, at) }), bytes: { B: part } });
  }
  return { b, c };
}

export async function unstow(wire: Wire, pk: string, stowed: Stowed): Promise<string> {
  if ('i' in stowed) return stowed.i;
  const keys = Array.from({ length: stowed.c }, (_, at) => ({ pk, sk: chunkKey(stowed.b, at) }));
  const items = await Promise.all(keys.map((key) => wire.get(key)));
  return Buffer.concat(items.map((item) => item?.bytes?.B ?? new Uint8Array())).toString('utf8');
}

export function stowedText({ b, c }: Extract<Stowed, { b: string }>): string {
  return `${c}:${b}`;
}

export function stowedFrom(text: string): Stowed {
  const at = text.indexOf(':');
  return { c: Number(text.slice(0, at)), b: text.slice(at + 1) };
}

function chunkKey(blob: string, at: number): string {
  return `b#${blob}#${at}`;
}
