import { type Index, NUMBERS, ROOT, TEXTS } from './keys.ts';
import { docAttributes, type Intent, type Root, rootFrom } from './root.ts';
import { attributesOf, type Condition, type Wire } from './wire.ts';

/** What the parts of one connection share. */
export interface Shared {
  readonly wire: Wire;
  /** Changes that have been applied wherever they reach out to. */
  readonly applied: Set<string>;
  /** When an undecided change was seen first, milliseconds of `performance.now()`. */
  readonly undecided: Map<string, number>;
}

/** Another change is under way at this root: later. */
export class Busy extends Error {
  constructor() {
    super('another change is under way');
  }
}

/** A change that is not decided after so long is taken back: its process is gone, or very slow. */
export const PATIENCE_MS = 1_000;

/** A root as it is now. @throws Busy if somebody is about to change it, and `toWrite` */
export async function readRoot(shared: Shared, pk: string, toWrite: boolean): Promise<Root> {
  return settled(shared, await rawRoot(shared, pk), toWrite);
}

/** Several at once; nobody writes upon what this says. */
export async function readRoots(shared: Shared, pks: readonly string[]): Promise<Root[]> {
  const items = await shared.wire.getRoots(pks);
  return Promise.all(pks.map((pk) => settled(shared, rootFrom(pk, items.get(pk)), false)));
}

async function rawRoot({ wire }: Shared, pk: string): Promise<Root> {
  return rootFrom(pk, await wire.get({ pk, sk: ROOT }));
}

/** The decider names a change until it has been applied everywhere: what it does not name is open. */
async function settled(shared: Shared, first: Root, toWrite: boolean): Promise<Root> {
  let root = first;
  for (;;) {
    const { intent } = root;
    if (intent === null) return root;
    const decider = await rawRoot(shared, intent.by);
    if (decider.sent.some(({ id }) => id === intent.id)) {
      await apply(shared, root.pk, intent);
      root = await rawRoot(shared, root.pk);
      continue;
    }
    const again = await rawRoot(shared, root.pk);
    if (again.intent?.id === intent.id) {
      if (!toWrite) return again;
      if (isFresh(shared, intent.id)) throw new Busy();
      if (await forbid(shared, decider)) await release(shared, again, intent);
      root = await rawRoot(shared, root.pk);
      continue;
    }
    root = again;
  }
}

function isFresh({ undecided }: Shared, id: string): boolean {
  const now = performance.now();
  const since = undecided.get(id);
  if (since !== undefined) return now - since < PATIENCE_MS;
  if (undecided.size > 10_000) undecided.clear();
  undecided.set(id, now);
  return true;
}

/** Raises the decider's version: whoever would decide upon the one before cannot any more. */
async function forbid({ wire }: Shared, { pk, v }: Root): Promise<boolean> {
  if (v === 0) {
    const item = attributesOf({ pk, sk: ROOT, v: 1 });
    return wire.put(item, { text: 'attribute_not_exists(#pk)' });
  }
  const condition = { text: '#v = :v', values: { ':v': v } };
  return (await wire.update({ pk, sk: ROOT }, { add: { v: 1 } }, condition)) !== null;
}

/** Makes the change that was decided; nothing happens if somebody else has. */
export async function apply({ wire }: Shared, pk: string, intent: Intent): Promise<void> {
  const set = { ...intent.index, ...docAttributes(intent.doc, 'doc', 'blob') };
  await wire.update({ pk, sk: ROOT }, replacement(set), isIntended(intent.id));
}

/** Takes back a change that will not be decided. */
export async function release({ wire }: Shared, { pk, doc }: Root, intent: Intent): Promise<void> {
  const set = { ...intent.was, ...docAttributes(doc, 'doc', 'blob') };
  await wire.update({ pk, sk: ROOT }, replacement(set), isIntended(intent.id));
}

function isIntended(id: string): Condition {
  return { text: '#tx = :id', values: { ':id': id } };
}

/** Sets these and nothing else, and removes the intent. */
function replacement(given: Record<string, string | number | undefined>) {
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const others = [...TEXTS, ...NUMBERS, 'doc', 'blob'].filter((name) => !(name in set));
  return { set, add: { v: 1 }, remove: [...others, ...INTENT] };
}

const INTENT = ['tx', 'by', 'ndoc', 'nblob', 'nindex', 'was'];

/**
 * Where a change is decided by one who dies before applying it, somebody must come across it: a run
 * is found among the ready ones, or by its owner, as long as the change is open.
 */
export function hints({ pk, doc, index }: Root, next: Index): Index {
  if (!pk.startsWith('run#')) return {};
  if (doc !== null && index.o !== undefined) return { oa: 1 };
  const ready = { r: 'ready#0', n: next.n ?? 0 };
  // A new one is listed from now on, and shown once it is decided.
  return doc === null ? { ...next, ...ready } : ready;
}

/** Finishes what a root has decided, wherever it reaches out to. */
export async function applySent(shared: Shared, root: Root): Promise<void> {
  const open = root.sent.filter(({ id }) => !shared.applied.has(id));
  await Promise.all(
    open.flatMap(({ id, to }) =>
      to.map(async (pk) => {
        const { intent } = await rawRoot(shared, pk);
        if (intent?.id === id) await apply(shared, pk, intent);
      }),
    ),
  );
  for (const { id } of open) shared.applied.add(id);
}
