import { numberOf, type Wire } from './wire.ts';

/** By what processes learn of each other's changes: one number, counted up and looked at. */
export interface Changes {
  /** Something was written here. */
  ring(): void;
  watch(onChange: () => void): () => void;
  settle(): Promise<void>;
}

const KEY = { pk: 'meta', sk: 'changes' };
/** Half a read unit each time: 25 a second cost about 15 cents a day. */
const LOOK_MS = 40;
/** So often a busy process counts up, at most: whoever looks sees no more. */
const RING_MS = 25;

/** Whatever has changed since then is told to whoever watches. */
export async function createChanges(wire: Wire): Promise<Changes> {
  const watchers = new Set<() => void>();
  let mine = 0;
  let ringing: Promise<void> | null = null;
  let due = false;
  /** Of others, as last seen. */
  let known = numberOf((await wire.get(KEY)) ?? {}, 'n');
  let looking = false;

  function ring(): void {
    due = true;
    ringing ??= ringAll().finally(() => {
      ringing = null;
    });
  }

  async function ringAll(): Promise<void> {
    while (due) {
      due = false;
      try {
        const now = numberOf((await wire.update(KEY, { add: { n: 1 } })) ?? {}, 'n');
        mine += 1;
        tell(now - mine);
      } catch {
        // Others look again by themselves before long.
        return;
      }
      if (due) await new Promise((resolve) => setTimeout(resolve, RING_MS));
    }
  }

  function tell(others: number): void {
    const changed = others !== known;
    known = others;
    if (changed) for (const onChange of watchers) onChange();
  }

  async function look(): Promise<void> {
    // While this process counts up itself, nobody knows whose the difference is.
    if (ringing === null) {
      const before = mine;
      const item = await wire.get(KEY).catch(() => undefined);
      if (item !== undefined && ringing === null && before === mine) {
        tell(numberOf(item ?? {}, 'n') - mine);
      }
    }
    looking = watchers.size > 0;
    if (looking) setTimeout(() => void look(), LOOK_MS).unref();
  }

  return {
    ring,
    watch(onChange) {
      watchers.add(onChange);
      if (!looking) void look();
      looking = true;
      return () => void watchers.delete(onChange);
    },
    async settle() {
      await ringing;
    },
  };
}
