import type { SqliteDatabase } from './open-database.ts';

/** How often another process's changes are looked for: half of what the port promises. */
const WATCH_EVERY_MS = 25;

/** Calls `onChange` after another connection has changed the database. Returns how to stop it. */
export function watch(db: SqliteDatabase, onChange: () => void): () => void {
  const version = db.prepare('PRAGMA data_version').pluck();
  let seen: unknown;

  function current(): unknown {
    try {
      return version.get();
    } catch {
      // Nobody here could be told; whoever reads or writes next is.
      return seen;
    }
  }

  seen = current();
  const timer = setInterval(() => {
    const now = current();
    if (now === seen) return;
    seen = now;
    onChange();
  }, WATCH_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
