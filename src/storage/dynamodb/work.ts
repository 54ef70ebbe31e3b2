import type { Connection } from './connection.ts';
import type { GateDoc, KeyDoc, RateDoc, RunDoc, ScheduleDoc } from './docs.ts';
import { indexOfRun, indexOfSchedule } from './index-of.ts';
import * as keys from './keys.ts';
import { readRoot } from './resolve.ts';
import { absentRoot, type Root } from './root.ts';
import { newNonce, type Stowed, stow, unstow } from './stow.ts';
import { Conflict, type RootChange, transact } from './transact.ts';
import { type Item, type Key, textOf } from './wire.ts';

/** A root that was read, and what is to become of it. */
export interface Held<D> {
  readonly root: Root;
  /** Changed in place; null as long as there is no such thing. */
  doc: D | null;
  /** As it was read. */
  readonly before: string | null;
  readonly indexOf: (doc: D) => keys.Index;
}

/** One attempt at one write: what it reads is what it changes, and all of it or nothing. */
export interface Work {
  run(runId: string): Promise<Held<RunDoc>>;
  runAt(pk: string): Promise<Held<RunDoc>>;
  /** @param surely nobody is expected to have made it; if somebody has, the next attempt looks. */
  newRun(runId: string, surely: boolean): Promise<Held<RunDoc>>;
  key(workflow: string, key: string): Promise<Held<KeyDoc>>;
  gate(name: string): Promise<Held<GateDoc>>;
  schedule(scheduleId: string): Promise<Held<ScheduleDoc>>;
  rate(name: string): Promise<Held<RateDoc>>;
  /** What is decided holds only as long as this stays as it is: it is written although it does. */
  readonly pin: (held: Held<GateDoc>) => void;
  /** An item that never changes; it is there before anything refers to it. */
  readonly aside: (item: Item) => void;
  /** Removed when all is done; whoever finds it nevertheless knows that it means nothing. */
  readonly forget: (key: Key) => void;
  stow(pk: string, text: string, most: number): Stowed;
  /** The next number in the order of creation. */
  number(): number;
  /** Those who have taken their stand at gates in this attempt. */
  readonly stands: NewStand[];
  /** The write has created, admitted or sent something to a run besides its own. */
  wakes: boolean;
  readonly attempt: number;
  /** Whether something was taken to be as this connection has left it. */
  readonly trusted: boolean;
  /**
   * Writes what has changed, if anything has.
   * @param first partition of the root that decides. It is written even if it stays the same: that is
   *   how a lease is proven. Null: one of those that change.
   * @returns false if there was nothing to write.
   * @throws Conflict
   */
  commit(first: string | null): Promise<boolean>;
}

export interface NewStand {
  readonly gate: string;
  readonly n: number;
  readonly runId: string;
}

/** A document larger than this is kept beside its root. */
const DOC_MOST = 100_000;

export function newWork(
  connection: Connection,
  attempt: number,
  numbers: { next: number },
  trusting: boolean,
): Work {
  const { shared, cache } = connection;
  const id = newNonce();
  const loaded = new Map<string, Promise<Held<never>>>();
  const all: Held<never>[] = [];
  const aside: Item[] = [];
  const forgotten: Key[] = [];
  const pinned = new Set<string>();
  let trusted = false;
  let { next } = numbers;

  async function load<D>(
    pk: string,
    indexOf: (doc: D) => keys.Index,
    isNew: boolean,
  ): Promise<Held<D>> {
    const cached = trusting ? cache.get(pk) : undefined;
    if (cached !== undefined || isNew) trusted = true;
    const root = isNew ? absentRoot(pk) : (cached ?? (await readRoot(shared, pk, true)));
    const before = root.doc === null ? null : await unstow(shared.wire, pk, root.doc);
    const doc = before === null ? null : JSON.parse(before);
    const held: Held<D> = { root, doc, before, indexOf };
    all.push(held as unknown as Held<never>);
    return held;
  }

  function once<D>(pk: string, indexOf: (doc: D) => keys.Index, isNew = false): Promise<Held<D>> {
    let held = loaded.get(pk) as Promise<Held<D>> | undefined;
    if (held === undefined) {
      held = load(pk, indexOf, isNew);
      held.catch(() => {});
      loaded.set(pk, held as unknown as Promise<Held<never>>);
    }
    return held;
  }

  const runAt = (pk: string, isNew = false) =>
    once<RunDoc>(pk, (doc) => indexOfRun(pk, doc), isNew);
  const nothing = () => ({});

  function changeOf(held: Held<never>, forced: boolean): RootChange | null {
    const doc = held.doc as unknown;
    const text = JSON.stringify(doc);
    if (doc === null || (text === held.before && !forced)) return null;
    const { root } = held;
    const index = held.indexOf(doc as never);
    return { root, doc: stow(root.pk, text, DOC_MOST, (item) => aside.push(item)), index };
  }

  const work: Work = {
    attempt,
    stands: [],
    wakes: false,
    get trusted() {
      return trusted;
    },
    run: (runId) => runAt(keys.runKey(runId)),
    runAt: (pk) => runAt(pk),
    newRun: (runId, surely) => runAt(keys.runKey(runId), surely && attempt === 0),
    key: (workflow, key) => once(keys.idempotencyKey(workflow, key), nothing),
    gate: (name) => once(keys.gateKey(name), nothing),
    schedule: (scheduleId) => once(keys.scheduleKey(scheduleId), indexOfSchedule),
    rate: (name) => once(keys.rateKey(name), nothing),
    pin: ({ root }) => void pinned.add(root.pk),
    aside: (item) => void aside.push(item),
    forget: (key) => void forgotten.push(key),
    stow: (pk, text, most) => stow(pk, text, most, (item) => aside.push(item)),
    number: () => next++,
    async commit(first) {
      const changes: RootChange[] = [];
      if (all.every((held) => changeOf(held, false) === null)) return false;
      for (const held of all) {
        const change = changeOf(held, held.root.pk === first || pinned.has(held.root.pk));
        if (change !== null) changes.push(change);
      }
      const decider = changes.find(({ root }) => root.pk === first) ?? changes[0];
      const others = changes.filter((change) => change !== decider);
      for (const { root } of changes) cache.delete(root.pk);
      if (aside.length === 1) await shared.wire.put(aside[0] as Item);
      else if (aside.length > 1) await shared.wire.putAll(aside);
      try {
        const now = await transact(shared, id, decider as RootChange, others);
        connection.committed(now, changes);
      } catch (error) {
        // Otherwise nobody knows: it may have been written.
        if (error instanceof Conflict) connection.later(shared.wire.deleteAll(aside.map(keyOf)));
        throw error;
      }
      if (forgotten.length > 0) connection.later(shared.wire.deleteAll(forgotten));
      return true;
    },
  };
  return work;
}

function keyOf(item: Item): Key {
  return { pk: textOf(item, 'pk'), sk: textOf(item, 'sk') };
}
