/**
 * Work that names what it touches: pieces that share a name happen one after the other, in the order
 * in which they came; all others side by side, but not more than `most` of them at a time.
 */
export interface Lanes {
  run<T>(names: readonly string[], work: () => Promise<T>): Promise<T>;
}

export function createLanes(most: number): Lanes {
  const last = new Map<string, Promise<void>>();
  const waiting: (() => void)[] = [];
  let active = 0;

  async function enter(): Promise<void> {
    if (active < most) active += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  }

  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) active -= 1;
    else next();
  }

  async function run<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
    const before = names.map((name) => last.get(name)).filter((one) => one !== undefined);
    let done = () => {};
    const end = new Promise<void>((resolve) => {
      done = resolve;
    });
    for (const name of names) last.set(name, end);
    if (before.length > 0) await Promise.all(before);
    await enter();
    try {
      return await work();
    } finally {
      leave();
      for (const name of names) if (last.get(name) === end) last.delete(name);
      done();
    }
  }

  return { run };
}
