import { closeSync, fsyncSync, openSync, readFileSync, statfsSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { freshFolder, ROOT, removeFolder } from './child-process.ts';
import { PRAGMAS } from './pragmas.ts';
import { median } from './stats.ts';

const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  61267: 'ext4',
  16914836: 'tmpfs',
  2035054128: 'overlayfs',
  2435016766: 'btrfs',
  1481003842: 'xfs',
  801189825: 'zfs',
};

export type Machine = Readonly<Record<string, string | number>>;

/** Everything a reader needs to judge the absolute figures. */
export function describeMachine(): Machine {
  const folder = freshFolder();
  try {
    return {
      date: new Date().toISOString().slice(0, 10),
      cores: cpus().length,
      cpu: cpus()[0]?.model ?? 'unknown',
      kernel: release(),
      node: process.version,
      sqlite: sqliteVersion(),
      better_sqlite3: versionOf('better-sqlite3'),
      pyworkflow: versionOf('pyworkflow'),
      file_system: FILE_SYSTEMS[statfsSync(folder).type] ?? `type ${statfsSync(folder).type}`,
      fsync_4k_us: fsyncMicroseconds(folder),
      pragmas: PRAGMAS.join(', '),
    };
  } finally {
    removeFolder(folder);
  }
}

function sqliteVersion(): string {
  const db = new Database(':memory:');
  const version = db.prepare('SELECT sqlite_version()').pluck().get();
  db.close();
  return String(version);
}

function versionOf(name: string): string {
  const file = createRequire(join(ROOT, 'package.json')).resolve(`${name}/package.json`);
  return JSON.parse(readFileSync(file, 'utf8')).version;
}

/** Median of 200 appended and flushed blocks: the floor under every figure at concurrency 1. */
function fsyncMicroseconds(folder: string): number {
  const file = openSync(join(folder, 'fsync'), 'a');
  const block = Buffer.alloc(4096, 1);
  const times: number[] = [];
  for (let i = 0; i < 200; i++) {
    const start = performance.now();
    writeSync(file, block);
    fsyncSync(file);
    times.push((performance.now() - start) * 1000);
  }
  closeSync(file);
  return Math.round(median(times));
}
