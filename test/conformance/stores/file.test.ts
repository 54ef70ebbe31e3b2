import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openFileStore } from '../../../src/storage/file/file-store.ts';
import { nodeFiles } from '../../../src/storage/file/files.ts';
import { describeStore } from '../store.suite.ts';

const thread = new URL('../../../dist/storage/file/keep-alive-thread.js', import.meta.url);
/** Folders whose files take no more bytes. */
const full = new Set<string>();

const folderOf = (folder: string) => join(folder, 'data');

describeStore({
  name: 'file',
  open: (folder) =>
    openFileStore({
      path: folderOf(folder),
      durability: 'full',
      files: {
        ...nodeFiles,
        write(fd, bytes, position) {
          if (full.has(folderOf(folder)) && position !== undefined) {
            // As a disk does that has room for a part of it.
            nodeFiles.write(fd, bytes.subarray(0, bytes.length / 2), position);
            throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
          }
          nodeFiles.write(fd, bytes, position);
        },
      },
    }),
  openSecond: (folder) => openFileStore({ path: folderOf(folder), durability: 'full' }),
  failWrites(folder) {
    full.add(folderOf(folder));
    return () => void full.delete(folderOf(folder));
  },
  heartbeat: existsSync(thread) || { none: 'its thread runs only what is built: npm run build' },
});
