import { type Index, NUMBERS, ROOT, TEXTS } from './keys.ts';
import { type Stowed, stowedFrom, stowedText } from './stow.ts';
import { attributesOf, type Item, numberOf, textOf } from './wire.ts';

/**
 * The one item of a thing (a run, a gate, a key, a schedule, a rate) that changes. Whatever changes
 * it raises its version, and nothing changes it without naming the version it has seen.
 */
export interface Root {
  readonly pk: string;
  /** 0: there is no item. */
  readonly v: number;
  /** Null: the thing does not exist (yet), whether there is an item or not. */
  readonly doc: Stowed | null;
  readonly index: Index;
  /** Of the last few writes: whoever has lost an answer looks here. */
  readonly nonces: readonly string[];
  /** Decided here, perhaps not yet applied where they reach out to. */
  readonly sent: readonly Sent[];
  /** A change that is decided elsewhere. */
  readonly intent: Intent | null;
}

export interface Sent {
  readonly id: string;
  readonly to: readonly string[];
}

export interface Intent {
  readonly id: string;
  /** The partition of the root that decides. */
  readonly by: string;
  readonly doc: Stowed;
  readonly index: Index;
  /** By what the root is found once the change has been taken back. */
  readonly was: Index;
}

const NONCES_KEPT = 8;

export function absentRoot(pk: string): Root {
  return { pk, v: 0, doc: null, index: {}, nonces: [], sent: [], intent: null };
}

export function rootFrom(pk: string, item: Item | null | undefined): Root {
  if (!item) return absentRoot(pk);
  const id = textOf(item, 'tx');
  const nonces = textOf(item, 'ws');
  return {
    pk,
    v: numberOf(item, 'v'),
    doc: docFrom(item, 'doc', 'blob'),
    index: indexFrom(item),
    nonces: nonces === '' ? [] : nonces.split(','),
    sent: item.sent === undefined ? [] : JSON.parse(textOf(item, 'sent')),
    intent:
      id === ''
        ? null
        : {
            id,
            by: textOf(item, 'by'),
            doc: docFrom(item, 'ndoc', 'nblob') ?? { i: '' },
            index: JSON.parse(textOf(item, 'nindex')),
            was: JSON.parse(textOf(item, 'was')),
          },
  };
}

export function rootItem(root: Root): Item {
  const { pk, v, doc, index, sent } = root;
  return attributesOf({
    ...{ pk, sk: ROOT, v, ...index },
    ...docAttributes(doc, 'doc', 'blob'),
    ws: root.nonces.slice(-NONCES_KEPT).join(',') || undefined,
    sent: sent.length === 0 ? undefined : JSON.stringify(sent),
  });
}

export function docAttributes(doc: Stowed | null, inside: string, beside: string) {
  return {
    [inside]: doc !== null && 'i' in doc ? doc.i : undefined,
    [beside]: doc !== null && 'b' in doc ? stowedText(doc) : undefined,
  };
}

function docFrom(item: Item, inside: string, beside: string): Stowed | null {
  if (item[inside] !== undefined) return { i: textOf(item, inside) };
  return item[beside] === undefined ? null : stowedFrom(textOf(item, beside));
}

function indexFrom(item: Item): Index {
  const index: Index = {};
  for (const name of TEXTS) if (item[name] !== undefined) index[name] = textOf(item, name);
  for (const name of NUMBERS) if (item[name] !== undefined) index[name] = numberOf(item, name);
  return index;
}
