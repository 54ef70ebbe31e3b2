import { type FSWatcher, watch as watchFolder } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { SqliteDatabase } from './open-database.ts';

/** Within the 50 ms that the port promises, with room for a busy event loop. */
const POLL_EVERY_MS = 35;
/** Polls without any change after which the file system is asked to call instead. */
const QUIET_POLLS = 8;

/**
 * Calls `onChange` after another connection has changed the database. Returns how to stop it.
 *
 * While there is traffic it polls SQLite's own counter, which costs microseconds. A timer that
 * wakes an idle process 30 times a second costs more than everything else an idle worker does, so
 * when nothing happens the file system watches the write-ahead log instead. (All processes on one
 * WAL database are on one machine, so its notifications reach all of them.)
 *
 * @param path of the database file; one in memory has no other connections
 */
export function watch(db: SqliteDatabase, path: string, onChange: () => void): () => void {
  if (path === ':memory:') return () => {};
  const version = db.prepare('PRAGMA data_version').pluck();
  const ownChanges = db.prepare('SELECT total_changes()').pluck();
  const log = `${basename(path)}-wal`;
  let seen = read(version, null);
  let own = read(ownChanges, null);
  let quiet = 0;
  let timer: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | undefined;

  /** True if anything has been written since the last look, here or elsewhere. */
  function look(): boolean {
    const [foreign, local] = [read(version, seen), read(ownChanges, own)];
    const changed = foreign !== seen;
    const active = changed || local !== own;
    seen = foreign;
    own = local;
    if (changed) onChange();
    return active;
  }

  function poll(): void {
    watcher?.close();
    watcher = undefined;
    quiet = 0;
    timer ??= setInterval(() => {
      quiet = look() ? 0 : quiet + 1;
      if (quiet >= QUIET_POLLS) rest();
    }, POLL_EVERY_MS).unref();
  }

  function rest(): void {
    try {
      watcher = watchFolder(dirname(path), { persistent: false }, (_event, file) => {
        if (file !== null && file !== log) return;
        look();
        poll();
      });
      watcher.on('error', poll);
      clearInterval(timer);
      timer = undefined;
      // What was written just before the file system began to watch.
      if (look()) poll();
    } catch {
      // No watches left, or a file system without them: polling goes on.
      quiet = 0;
    }
  }

  poll();
  return () => {
    clearInterval(timer);
    watcher?.close();
  };
}

/** A counter that cannot be read tells nobody: whoever reads or writes next is told. */
function read(statement: { get(): unknown }, otherwise: unknown): unknown {
  try {
    return statement.get();
  } catch {
    return otherwise;
  }
}
