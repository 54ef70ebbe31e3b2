import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type FileStoreOptions, openFileStore } from '../../../src/storage/file/file-store.ts';
import { type Layout, layoutOf } from '../../../src/storage/file/folder.ts';
import type { Store } from '../../../src/storage/store.ts';

/** A folder of its own for one test, deleted after it, and the stores that are opened there. */
export interface FileFolder {
  readonly folder: string;
  readonly path: string;
  readonly layout: Layout;
  readonly open: (options?: Partial<FileStoreOptions>) => Promise<Store>;
  /** Where a copy of the store's folder, as it is now, lies. */
  readonly copy: () => string;
}

export function fileFolder(): FileFolder {
  const folder = mkdtempSync(join(tmpdir(), 'pyworkflow-file-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'data');
  let copies = 0;
  return {
    folder,
    path,
    layout: layoutOf(path),
    async open(options = {}) {
      const store = await openFileStore({ path, durability: 'full', ...options });
      onTestFinished(() => store.close());
      return store;
    },
    copy() {
      copies += 1;
      const to = join(folder, `copy-${copies}`);
      copyAll(path, to);
      return to;
    },
  };
}

/** One file after the other, as people copy; what is gone by then is left out. */
function copyAll(from: string, to: string): void {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyAll(source, target);
    else {
      try {
        writeFileSync(target, readFileSync(source));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  }
}
