import { isRefusal } from './dynamodb-errors.ts';
import { type Index, ROOT } from './keys.ts';
import { apply, applySent, hints, release, type Shared } from './resolve.ts';
import { docAttributes, type Intent, type Root, rootFrom, rootItem } from './root.ts';
import type { Stowed } from './stow.ts';
import { attributesOf, pause } from './wire.ts';

/** What becomes of a root. */
export interface RootChange {
  readonly root: Root;
  readonly doc: Stowed;
  readonly index: Index;
}

/** A root is not as it was read: begin anew. */
export class Conflict extends Error {
  constructor() {
    super('a root has changed');
  }
}

/** How often an answer is asked for that was lost. */
const QUESTIONS = 12;

/**
 * Changes several roots at once with nothing but conditional writes of one item each (ADR 0014).
 * The others are told what is intended; then the first one is changed, which decides; then the others
 * follow. Whoever comes across an intent asks the first one what has become of it.
 * @param id unique for this attempt.
 * @returns the first root as it is now.
 * @throws Conflict, and nothing is changed; what the driver throws, and nothing is changed, or
 *   nobody knows.
 */
export async function transact(
  shared: Shared,
  id: string,
  first: RootChange,
  others: readonly RootChange[],
): Promise<Root> {
  if (first.root.sent.length > 0) await applySent(shared, first.root);
  const intents = await prepare(shared, id, first.root.pk, others);
  const sent = others.length === 0 ? [] : [{ id, to: others.map(({ root }) => root.pk) }];
  const { root, doc, index } = first;
  const nonces = [...root.nonces, id];
  const next: Root = { ...root, v: root.v + 1, doc, index, nonces, sent, intent: null };
  if (!(await decide(shared, id, root.v, next))) {
    await takeBack(shared, intents);
    throw new Conflict();
  }
  await follow(shared, id, intents);
  return next;
}

interface Prepared {
  readonly root: Root;
  readonly intent: Intent;
}

async function prepare(
  shared: Shared,
  id: string,
  by: string,
  others: readonly RootChange[],
): Promise<readonly Prepared[]> {
  const intents = others.map(({ root, doc, index }): Prepared => {
    const was = root.doc === null ? {} : root.index;
    return { root, intent: { id, by, doc, index, was } };
  });
  const answers = await Promise.allSettled(intents.map((one) => announce(shared, one)));
  const failed = answers.find((answer) => answer.status === 'rejected');
  if (failed === undefined && answers.every((answer) => 'value' in answer && answer.value)) {
    return intents;
  }
  // Of those that failed nobody knows: taking back what is not there does nothing.
  await takeBack(shared, intents);
  if (failed !== undefined) throw failed.reason;
  throw new Conflict();
}

async function announce({ wire }: Shared, { root, intent }: Prepared): Promise<boolean> {
  const { pk, v } = root;
  const set = {
    ...{ tx: intent.id, by: intent.by },
    ...docAttributes(intent.doc, 'ndoc', 'nblob'),
    ...{ nindex: JSON.stringify(intent.index), was: JSON.stringify(intent.was) },
    ...hints(root, intent.index),
  };
  const done =
    v === 0
      ? await wire.put(attributesOf({ pk, sk: ROOT, v: 1, ...set }), {
          text: 'attribute_not_exists(#pk)',
        })
      : (await wire.update(
          { pk, sk: ROOT },
          { set, add: { v: 1 } },
          { text: '#v = :v', values: { ':v': v } },
        )) !== null;
  // The driver may have asked twice, and been answered the second time only.
  return done || rootFrom(pk, await wire.get({ pk, sk: ROOT })).intent?.id === intent.id;
}

/** The one write that makes all of it true. */
async function decide(shared: Shared, id: string, v: number, next: Root): Promise<boolean> {
  const { wire } = shared;
  const condition =
    v === 0 ? { text: 'attribute_not_exists(#pk)' } : { text: '#v = :v', values: { ':v': v } };
  try {
    if (await wire.put(rootItem(next), condition)) return true;
  } catch (error) {
    if (isRefusal(error)) throw error;
    return resolveDoubt(shared, id, v, next.pk, error);
  }
  return rootFrom(next.pk, await wire.get({ pk: next.pk, sk: ROOT })).nonces.includes(id);
}

/**
 * The answer was lost. If the write has not arrived, its version is used up before anything else
 * happens: it may still be on its way.
 */
async function resolveDoubt(
  { wire }: Shared,
  id: string,
  v: number,
  pk: string,
  cause: unknown,
): Promise<boolean> {
  for (let tries = 1; tries <= QUESTIONS; tries++) {
    await pause(tries);
    try {
      const now = rootFrom(pk, await wire.get({ pk, sk: ROOT }));
      if (now.nonces.includes(id)) return true;
      if (now.v > v) return false;
      const used =
        v === 0
          ? await wire.put(attributesOf({ pk, sk: ROOT, v: 1 }), {
              text: 'attribute_not_exists(#pk)',
            })
          : await wire.update(
              { pk, sk: ROOT },
              { add: { v: 1 } },
              { text: '#v = :v', values: { ':v': v } },
            );
      if (used) return false;
    } catch (error) {
      if (isRefusal(error)) break;
    }
  }
  throw cause;
}

async function takeBack(shared: Shared, intents: readonly Prepared[]): Promise<void> {
  const work = intents.map(({ root, intent }) => release(shared, root, intent));
  // What stays is taken back by whoever comes across it.
  await Promise.allSettled(work);
}

/** It is decided: whatever fails from here on is made up for by whoever comes across it. */
async function follow(shared: Shared, id: string, intents: readonly Prepared[]): Promise<void> {
  const work = intents.map(({ root, intent }) => apply(shared, root.pk, intent));
  const answers = await Promise.allSettled(work);
  if (answers.every((answer) => answer.status === 'fulfilled')) remember(shared, id);
}

function remember({ applied }: Shared, id: string): void {
  if (applied.size > 10_000) applied.clear();
  applied.add(id);
}
