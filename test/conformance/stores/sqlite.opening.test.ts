import { chmodSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { StoreError, StoreTooNewError, StoreUnavailableError } from '../../../src/core/errors.ts';
import { MIGRATIONS } from '../../../src/storage/sqlite/schema.ts';
import { cancellation, creation, numbers, startFree } from '../fixtures.ts';
import { runTogether } from './run-together.ts';
import { sqliteFolder } from './sqlite-folder.ts';

describe('opening', () => {
  test('a missing folder is made', async () => {
    const { inFolder, open } = sqliteFolder();
    const store = await open(inFolder('a/b/c/store.db'));
    expect(await store.ping()).toBeUndefined();
    expect(statSync(inFolder('a/b/c')).isDirectory()).toBe(true);
  });

  test('an empty file is a new database', async () => {
    const { open, path } = sqliteFolder();
    writeFileSync(path, '');
    const store = await open();
    expect((await store.listRuns({ limit: 1 })).items).toEqual([]);
  });

  test('what was written is there after reopening', async () => {
    const { open } = sqliteFolder();
    const first = await open();
    const runId = await startFree(first, { input: 'kept' });
    await first.close();
    expect((await (await open()).getRun(runId))?.input).toBe('kept');
  });

  test('a newer schema is refused and left alone', async () => {
    const { open, path, raw } = sqliteFolder();
    await (await open()).close();
    const db = raw();
    db.pragma('user_version = 99');
    const failure = await open().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StoreTooNewError);
    expect(failure).toMatchObject({
      code: 'STORE_TOO_NEW',
      message: `The database ${path} has schema version 99; this pyworkflow understands up to ${MIGRATIONS.length}`,
      details: { found: 99, supported: MIGRATIONS.length },
    });
    expect(db.pragma('user_version', { simple: true })).toBe(99);
  });

  test('a folder is no database', async () => {
    const { folder, open } = sqliteFolder();
    const failure = await open(folder).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StoreUnavailableError);
    expect(failure).toMatchObject({ message: `The database cannot be opened: ${folder}` });
    expect(failure).toHaveProperty('hint', expect.stringContaining('storage.path'));
  });

  test('a file is no folder', async () => {
    const { inFolder, open } = sqliteFolder();
    writeFileSync(inFolder('file'), '');
    await expect(open(inFolder('file/store.db'))).rejects.toThrow(StoreUnavailableError);
  });

  test('another kind of file is refused and left alone', async () => {
    const { open, path } = sqliteFolder();
    const text = 'name: my config\n'.repeat(100);
    writeFileSync(path, text);
    const failure = await open().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StoreError);
    expect(failure).toMatchObject({
      message: `This is no SQLite database: ${path}`,
      hint: expect.stringContaining('another file'),
    });
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('a damaged database says so, with a way to save what is left', async () => {
    const { open, path } = sqliteFolder();
    const store = await open();
    await store.commit(numbers(500).map(() => creation({ input: 'x'.repeat(200) })));
    await store.close();
    const { size } = statSync(path);
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.alloc(size - 4096, 0xa5), 0, size - 4096, 4096);
    const read = async () => (await open()).listRuns({ limit: 100 });
    const failure = await read().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StoreError);
    expect(failure).toMatchObject({
      message: `The database is damaged: ${path}`,
      hint: expect.stringContaining('.recover'),
    });
  });

  test('processes that open new databases at the same instant all succeed', async () => {
    const { folder } = sqliteFolder();
    const outputs = await runTogether('open-repeatedly.ts', 3, [folder, '20', '40']);
    expect(outputs).toEqual(['[]', '[]', '[]']);
  }, 20_000);
});

describe('without the right to write', () => {
  /** Root may write everywhere: act as nobody in particular. */
  async function unprivileged<T>(work: () => Promise<T>): Promise<T> {
    if (process.getuid?.() !== 0) return work();
    process.seteuid?.(65534);
    try {
      return await work();
    } finally {
      process.seteuid?.(0);
    }
  }

  test('a folder that cannot be written cannot take a new database', async () => {
    const { folder, inFolder, open } = sqliteFolder();
    chmodSync(folder, 0o555);
    for (const name of ['store.db', 'below/store.db']) {
      const opening = unprivileged(() => open(inFolder(name)));
      const failure = await opening.catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(StoreUnavailableError);
      expect(failure).toMatchObject({ message: expect.stringContaining(inFolder(name)) });
    }
  });

  test('a database that cannot be written says so', async () => {
    const { folder, open, path } = sqliteFolder();
    const writer = await open();
    const runId = await startFree(writer);
    chmodSync(folder, 0o755);
    chmodSync(path, 0o444);
    const failure = await unprivileged(async () => {
      const store = await open();
      await store.commit([cancellation(runId)]);
    }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StoreUnavailableError);
    expect(failure).toMatchObject({ message: expect.stringMatching(/cannot be (written|opened)/) });
  });
});
