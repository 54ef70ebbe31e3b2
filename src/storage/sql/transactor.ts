import { newWorkerId } from '../../core/id.ts';
import { backOff } from './backoff.ts';
import {
  COMMIT,
  ROLLBACK,
  type Rows,
  type Send,
  type Server,
  type Statement,
  statement,
} from './server.ts';

/** What the last round trip of a transaction does. */
export interface Plan<T> {
  readonly writes: readonly Statement[];
  /** Read behind the writes; and once more, if the answer was lost. */
  readonly reads: readonly Statement[];
  readonly result: (rows: readonly Rows[]) => T;
  /** The transaction holds only if the fence stands here; null where that does not matter. */
  readonly fence: number | null;
}

export interface Attempt {
  /** Opens the transaction if need be, and sends this. */
  readonly load: Send;
  /** Why the last attempt came to nothing. */
  readonly after: 'nothing' | 'again' | 'duplicate' | 'refused';
}

export interface Transactor {
  /**
   * Runs a transaction, again if it was taken back, until it took place once. `prepare` is called
   * for each attempt; null ends it without a trace.
   * @throws what the driver throws, after `patienceMs` without a server
   */
  transact<T>(prepare: (attempt: Attempt) => Promise<Plan<T> | null>): Promise<T | null>;
  /** Rows of this store among the writers, as a condition. */
  readonly writer: string;
  close(): Promise<void>;
}

/** A row in `writers`: one transaction at a time counts it up. Null: it is yet to be made. */
interface Slot {
  readonly id: string;
  number: number | null;
}

/** As often as this, a unique index or a guard may speak against a transaction. */
const OBJECTIONS = 8;

/** The answer to COMMIT was lost. */
class InDoubt extends Error {
  readonly plan: Plan<never>;
  constructor(plan: Plan<never>, cause: unknown) {
    super('the answer was lost', { cause });
    this.plan = plan;
  }
}

export function createTransactor(server: Server, patienceMs: number): Transactor {
  const { dialect } = server;
  const writer = newWorkerId().replace('worker', 'writer');
  const free: Slot[] = [];
  let slots = 0;

  async function transact<T>(
    prepare: (attempt: Attempt) => Promise<Plan<T> | null>,
  ): Promise<T | null> {
    const giveUpAt = performance.now() + patienceMs;
    let slot = free.pop() ?? newSlot();
    let after: Attempt['after'] = 'nothing';
    let objections = 0;
    try {
      for (let tries = 0; ; tries++) {
        try {
          const used = slot;
          return await server.lend((send) => attempt(send, used, prepare, after));
        } catch (error) {
          if (error instanceof InDoubt) {
            if (await tookPlace(slot, giveUpAt)) return await readAgain(error.plan as Plan<T>);
            continue;
          }
          const failure = server.classify(error);
          if (failure === 'other') throw error;
          if (failure === 'gone') {
            if (performance.now() > giveUpAt) throw error;
          } else {
            after = failure;
            objections += failure === 'again' ? 0 : 1;
            if (objections > OBJECTIONS || performance.now() > giveUpAt) throw error;
            // It may be this slot that is refused.
            if (failure === 'refused') slot = newSlot();
          }
          if (failure !== 'duplicate' && failure !== 'refused') await backOff(tries);
        }
      }
    } finally {
      free.push(slot);
    }
  }

  function newSlot(): Slot {
    slots += 1;
    return { id: `${writer}:${slots}`, number: null };
  }

  async function attempt<T>(
    send: Send,
    slot: Slot,
    prepare: (attempt: Attempt) => Promise<Plan<T> | null>,
    after: Attempt['after'],
  ): Promise<T | null> {
    if (slot.number === null) await introduce(send, slot);
    const number = slot.number ?? 0;
    let begun = false;
    const load: Send = async (statements) => {
      const head = begun ? [] : [...dialect.begin, ...dialect.patience];
      begun = true;
      return (await send([...head, ...statements])).slice(head.length);
    };
    const plan = await prepare({ load, after });
    if (plan === null) {
      if (begun) await send([ROLLBACK]);
      return null;
    }
    const head = begun ? [] : [...dialect.begin];
    if (!begun && plan.fence !== null) head.push(dialect.lockFence('shared'));
    head.push(guard(slot.id, number, plan.fence));
    const { writes, reads } = plan;
    let rows: readonly Rows[];
    try {
      rows = await send([...head, ...writes, ...reads, COMMIT]);
    } catch (error) {
      if (server.classify(error) === 'gone') throw new InDoubt(plan as Plan<never>, error);
      throw error;
    }
    slot.number = number + 1;
    const first = head.length + writes.length;
    return plan.result(rows.slice(first, first + reads.length));
  }

  /** A retry finds the row of the attempt before. */
  async function introduce(send: Send, slot: Slot): Promise<void> {
    const text = `INSERT INTO @writers (id, number, changes) VALUES (?, 0, 0) ${dialect.orLock('id')}`;
    await send([statement(text, slot.id)]);
    slot.number = 0;
  }

  /**
   * Whether the transaction that was to make this `number + 1` took place. If it did not, it never
   * will: the server may still have it before it, and would find another number.
   */
  async function tookPlace(slot: Slot, giveUpAt: number): Promise<boolean> {
    const before = slot.number ?? 0;
    for (let tries = 0; ; tries++) {
      try {
        const found = await server.lend((send) => settleNumber(send, slot.id, before));
        slot.number = found;
        return found === before + 1;
      } catch (error) {
        const failure = server.classify(error);
        const hopeless = failure !== 'gone' && failure !== 'again';
        // Nobody knows. This number must not be used again.
        if (hopeless || performance.now() > giveUpAt) throw abandon(slot, error);
        await backOff(tries);
      }
    }
  }

  function abandon(slot: Slot, error: unknown): unknown {
    slot.number = null;
    (slot as { id: string }).id = newSlot().id;
    return error;
  }

  async function settleNumber(send: Send, id: string, before: number): Promise<number> {
    const find = statement(`SELECT number FROM @writers WHERE id = ? ${dialect.lock}`, id);
    const answers = await send([...dialect.begin, ...dialect.patience, find]);
    const found = answers.at(-1)?.[0]?.number as number;
    if (found !== before) {
      await send([ROLLBACK]);
      return found;
    }
    const fenced = statement('UPDATE @writers SET number = ? WHERE id = ?', before + 2, id);
    await send([fenced, COMMIT]);
    return before + 2;
  }

  async function readAgain<T>(plan: Plan<T>): Promise<T> {
    const { reads } = plan;
    if (reads.length === 0) return plan.result([]);
    return plan.result(await retrying(server, patienceMs, (send) => send(reads)));
  }

  return {
    transact,
    writer,
    async close() {
      if (slots === 0) return;
      const ids = Array.from({ length: slots }, (_, index) => `${writer}:${index + 1}`);
      const leave = statement(`DELETE FROM @writers WHERE ${dialect.among('id')}`, ids);
      // It costs nobody anything if it stays.
      await server.lend((send) => send([leave])).catch(() => {});
    },
  };
}

/**
 * The number goes up, if it and the fence are what they are taken for; if not, a column that cannot
 * be null makes the whole transaction fail.
 */
function guard(id: string, number: number, fence: number | null) {
  const stands = fence === null ? '' : ` AND (SELECT value FROM @meta WHERE name = 'fence') = ?`;
  return statement(
    `UPDATE @writers SET number = CASE WHEN number = ?${stands} THEN number + 1 END WHERE id = ?`,
    ...(fence === null ? [number, id] : [number, fence, id]),
  );
}

/** For reads, and for writes that may happen twice. */
export async function retrying<T>(
  server: Server,
  patienceMs: number,
  work: (send: Send) => Promise<T>,
): Promise<T> {
  const giveUpAt = performance.now() + patienceMs;
  for (let tries = 0; ; tries++) {
    try {
      return await server.lend(work);
    } catch (error) {
      const failure = server.classify(error);
      const passing = failure === 'gone' || failure === 'again';
      if (!passing || performance.now() > giveUpAt) throw error;
    }
    await backOff(tries);
  }
}
