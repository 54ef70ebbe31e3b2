import { type FSWatcher, watch as watchFolder } from 'node:fs';

/** Within the 50 ms that the port promises, with room for a busy event loop. */
const POLL_EVERY_MS = 35;
/** Polls without any change after which the file system is asked to call instead. */
const QUIET_POLLS = 8;

export interface Watched {
  /** The journal's folder. */
  readonly folder: string;
  /** True if others have added something that this process has not taken in. */
  readonly hasNews: () => boolean;
  readonly takeIn: () => Promise<void>;
  /** How much of others has been taken in; and of anybody, to tell rest from traffic. */
  readonly counts: () => { readonly foreign: number; readonly all: number };
}

/**
 * Calls `onChange` after another process has changed the store. Returns how to stop it.
 *
 * While there is traffic it looks at the length of the journal, which costs microseconds. When
 * nothing happens the file system watches the folder instead: a timer that wakes an idle process 30
 * times a second costs more than everything else an idle worker does.
 */
export function watch(
  { folder, hasNews, takeIn, counts }: Watched,
  onChange: () => void,
): () => void {
  let seen = counts();
  let quiet = 0;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | undefined;

  /** True if anything has been written since the last look, here or elsewhere. */
  async function look(): Promise<boolean> {
    try {
      if (hasNews()) await takeIn();
    } catch {
      // Whoever reads or writes next is told.
    }
    const now = counts();
    const [changed, active] = [now.foreign !== seen.foreign, now.all !== seen.all];
    seen = now;
    if (changed && !stopped) onChange();
    return active;
  }

  let looking = false;
  async function tick(): Promise<void> {
    if (looking) return;
    looking = true;
    quiet = (await look()) ? 0 : quiet + 1;
    looking = false;
    if (quiet >= QUIET_POLLS && !stopped) rest();
  }

  function poll(): void {
    watcher?.close();
    watcher = undefined;
    quiet = 0;
    if (!stopped) timer ??= setInterval(tick, POLL_EVERY_MS).unref();
  }

  function rest(): void {
    if (watcher !== undefined) return;
    try {
      watcher = watchFolder(folder, { persistent: false }, () => {
        poll();
        void tick();
      });
      watcher.on('error', poll);
      clearInterval(timer);
      timer = undefined;
      // What was written just before the file system began to watch.
      if (hasNews()) poll();
    } catch {
      // No watches left, or a file system without them: polling goes on.
      quiet = 0;
    }
  }

  poll();
  return () => {
    stopped = true;
    clearInterval(timer);
    watcher?.close();
  };
}
