import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { StoreError, StoreTooNewError, StoreUnavailableError } from '../../../src/core/errors.ts';
import { newRunId } from '../../../src/core/id.ts';
import { type Files, nodeFiles } from '../../../src/storage/file/files.ts';
import { createLocks } from '../../../src/storage/file/lock.ts';
import { sealSegment } from '../../../src/storage/file/segments.ts';
import type { Store } from '../../../src/storage/store.ts';
import {
  advance,
  cancellation,
  claimedIds,
  commitOne,
  creation,
  ending,
  hookRecord,
  mark,
  NOW,
  newWorker,
  numbers,
  sequencesOf,
  startFree,
  startHeld,
} from '../fixtures.ts';
import { fileFolder } from './file-folder.ts';
import { runTogether } from './run-together.ts';

const SMALL = { segmentBytes: 4096, keptMs: 0 };
const everything = { limit: 10_000 };

async function finishOne(store: Store, worker: string, runId = newRunId()): Promise<string> {
  const { lease } = await startHeld(store, worker, { runId });
  expect(await commitOne(store, ending(lease))).toMatchObject({ outcome: 'committed' });
  return runId;
}

async function idsOf(store: Store): Promise<string[]> {
  return (await store.listRuns(everything)).items.map((run) => run.runId);
}

function lastSegment(journal: string): string {
  return join(
    journal,
    readdirSync(journal)
      .filter((name) => name.endsWith('.jsonl'))
      .sort()
      .at(-1)!,
  );
}

describe('torn tails', () => {
  test('cut at every byte of the last record, the store opens with all records before it (inventory 11.24)', async () => {
    const { open, path, layout, copy } = fileFolder();
    const store = await open();
    const kept = await startFree(store);
    const before = readFileSync(layout.segment(1)).length;
    const torn = await startFree(store, {}, { events: creation().events });
    const bytes = readFileSync(layout.segment(1));
    for (let length = before; length < bytes.length; length++) {
      const folder = copy();
      writeFileSync(join(folder, 'journal', '00000001.jsonl'), bytes.subarray(0, length));
      const opened = await open({ path: folder });
      expect(await idsOf(opened), `${length} of ${bytes.length}`).toEqual([kept]);
      if (length % 50 === 0) {
        // What was torn is out of the way of what comes next.
        await startFree(opened, { runId: 'run_next' });
        const again = await open({ path: folder });
        expect(await idsOf(again)).toEqual(['run_next', kept]);
        await again.close();
      }
      await opened.close();
    }
    expect(await idsOf(store)).toEqual([torn, kept]);
    expect(existsSync(path)).toBe(true);
  });

  test('a flipped bit in the last record makes it torn', async () => {
    const { open, layout, copy } = fileFolder();
    const store = await open();
    const kept = await startFree(store);
    const before = readFileSync(layout.segment(1)).length;
    await startFree(store);
    const folder = copy();
    const file = join(folder, 'journal', '00000001.jsonl');
    const bytes = readFileSync(file);
    bytes[before + 60]! ^= 1;
    writeFileSync(file, bytes);
    expect(await idsOf(await open({ path: folder }))).toEqual([kept]);
  });

  test('a log that is torn, has holes or is gone is made whole from the journal', async () => {
    const { open, layout, copy } = fileFolder();
    const store = await open({ segmentBytes: 2000, keptMs: 3_600_000 });
    const worker = await newWorker(store);
    const runId = await finishOne(store, worker);
    for (const _ of numbers(10)) await finishOne(store, worker);
    await store.close();
    const log = layout.log(runId).slice(layout.root.length);
    for (const damage of ['torn', 'holes', 'gone'] as const) {
      const folder = copy();
      const bytes = readFileSync(join(folder, log));
      if (damage === 'torn') writeFileSync(join(folder, log), bytes.subarray(0, bytes.length - 7));
      if (damage === 'holes') writeFileSync(join(folder, log), bytes.fill(0, 20));
      if (damage === 'gone') renameSync(join(folder, log), join(folder, 'away'));
      const opened = await open({ path: folder });
      expect(await sequencesOf(opened, runId), damage).toEqual([1, 2]);
      await opened.close();
    }
  });
});

test('power cut: whatever was acknowledged before a copy is in the copy', async () => {
  const { open, copy } = fileFolder();
  const store = await open(SMALL);
  const worker = await newWorker(store);
  const acknowledged: string[] = [];
  let writing = true;
  const load = async () => {
    while (writing) acknowledged.push(await finishOne(store, worker));
  };
  const loads = [load(), load(), load()];
  const copies: { folder: string; before: string[] }[] = [];
  for (const _ of numbers(12)) {
    await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 80));
    const before = [...acknowledged];
    copies.push({ before, folder: copy() });
  }
  writing = false;
  await Promise.all(loads);
  for (const { folder, before } of copies) {
    const opened = await open({ path: folder, ...SMALL });
    const there = new Set(await idsOf(opened));
    expect(before.filter((runId) => !there.has(runId))).toEqual([]);
    for (const runId of before.slice(-20)) {
      expect(await opened.getRun(runId)).toMatchObject({ status: 'completed', input: [] });
      expect(await sequencesOf(opened, runId)).toEqual([1, 2]);
    }
    await startFree(opened);
    await opened.close();
  }
  expect(copies.at(-1)!.before.length).toBeGreaterThan(20);
}, 60_000);

test('power cut of several processes, their files copied one after the other', async () => {
  const { open, path, copy } = fileFolder();
  await (await open(SMALL)).close();
  const writers = [startProcess(path, 'write', '8192'), startProcess(path, 'write', '8192')];
  const acknowledged: string[] = [];
  for (const { lines } of writers) lines((line) => acknowledged.push(line));
  while (acknowledged.length < 20) await new Promise((resolve) => setTimeout(resolve, 20));
  for (const _ of numbers(5)) {
    await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 100));
    const before = [...acknowledged];
    const opened = await open({ path: copy() });
    const there = new Set(await idsOf(opened));
    expect(before.filter((runId) => !there.has(runId))).toEqual([]);
    await opened.close();
  }
  for (const { child } of writers) child.kill('SIGKILL');
  await Promise.all(writers.map(({ ended }) => ended));
  // And those who come after them go on.
  const store = await open();
  const there = new Set(await idsOf(store));
  expect(acknowledged.filter((runId) => !there.has(runId))).toEqual([]);
  for (const runId of acknowledged) expect(await sequencesOf(store, runId)).toEqual([1, 2]);
  await startFree(store);
}, 60_000);

describe('names', () => {
  const HOSTILE = [
    '../../escape',
    '..',
    '.',
    '',
    '/etc/passwd',
    'C:\\windows\\system32',
    'a/b',
    'con',
    'NUL',
    'run.',
    'run ',
    'Run_a',
    'run_A',
    'run_a',
    'run:stream',
    'run\0end',
    'run\nline',
    'ünïcode',
    'x'.repeat(500),
    '\ud800half',
    '__proto__',
    '=0000000000000000000000000000000000000000',
  ];

  test('whatever a run, hook, worker or schedule is called: no name leaves the folder (inventory 11.24)', async () => {
    const { open, folder, layout } = fileFolder();
    const store = await open();
    const outside = () => readdirSync(folder).sort();
    for (const id of HOSTILE) {
      const worker = await newWorker(store, { workerId: id });
      const { lease } = await startHeld(store, worker, { runId: id });
      const hooks = [hookRecord(id, { hookId: id })];
      await commitOne(store, advance(lease, 1, { events: [mark(id)], hooks }));
      const run = { status: 'completed', updatedAt: NOW } as const;
      await commitOne(store, advance(lease, 2, { run, release: 'suspend' }));
    }
    for (const _ of numbers(20)) await startFree(store);
    await store.close();
    expect(outside()).toEqual(['data']);
    const again = await open();
    for (const id of HOSTILE) {
      expect((await again.getRun(id))?.runId).toBe(id);
      expect(await sequencesOf(again, id)).toEqual([1, 2]);
      expect(await again.getHook(id, id)).toMatchObject({ hookId: id, status: 'disposed' });
    }
    const names = readdirSync(layout.runs, { recursive: true, encoding: 'utf8' });
    const files = names.filter((name) => name.endsWith('.jsonl')).map((name) => name.slice(3));
    expect(files).toHaveLength(HOSTILE.length + 20);
    expect(new Set(files.map((name) => name.toLowerCase())).size).toBe(files.length);
    for (const name of files) expect(name).toMatch(/^(=[0-9a-f]{40}|[a-z0-9][a-z0-9_-]*)\.jsonl$/);
  });
});

describe('a folder that is none of ours', () => {
  test('the files of another application are not touched', async () => {
    const { open, path } = fileFolder();
    mkdirSync(join(path, 'runs'), { recursive: true });
    writeFileSync(join(path, 'runs', 'run_1.json'), '{}');
    await expect(open()).rejects.toThrow(StoreError);
    await expect(open()).rejects.toThrow(/another application.*runs/);
    expect(readdirSync(path)).toEqual(['runs']);
  });

  test('a database may lie beside the store', async () => {
    const { open, path } = fileFolder();
    mkdirSync(path);
    writeFileSync(join(path, 'pyworkflow.db'), '');
    expect(await (await open()).ping()).toBeUndefined();
  });

  test('a store of a later version is left alone', async () => {
    const { open, path } = fileFolder();
    await (await open()).close();
    const mark = { format: 'pyworkflow-file-store', version: 99 };
    writeFileSync(join(path, 'store.json'), JSON.stringify(mark));
    await expect(open()).rejects.toThrow(StoreTooNewError);
  });

  test('a file in the place of the folder, and a folder without rights', async () => {
    const { open, folder } = fileFolder();
    writeFileSync(join(folder, 'file'), '');
    await expect(open({ path: join(folder, 'file') })).rejects.toThrow(StoreUnavailableError);
    mkdirSync(join(folder, 'closed'));
    chmodSync(join(folder, 'closed'), 0o500);
    // The superuser may write everywhere.
    if (process.getuid?.() === 0) return;
    await expect(open({ path: join(folder, 'closed', 'data') })).rejects.toThrow(
      /cannot be written.*closed/,
    );
  });

  test('without a checkpoint and without the beginning of the journal it says so', async () => {
    const { open, layout } = fileFolder();
    const store = await open(SMALL);
    await startFree(store);
    await store.close();
    renameSync(layout.segment(1), layout.segment(5));
    await expect(open()).rejects.toThrow(/damaged.*no whole checkpoint/);
  });
});

/** A file system on which the nth of the writing calls fails, and all after it until `heal`. */
function failing(after: number): { files: Files; heal: () => void } {
  let left = after;
  const spend = () => {
    left -= 1;
    if (left < 0) throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
  };
  const files: Files = {
    ...nodeFiles,
    write(fd, bytes, position) {
      if (left === 0) nodeFiles.write(fd, bytes.subarray(0, bytes.length >> 1), position);
      spend();
      nodeFiles.write(fd, bytes, position);
    },
    flush(fd) {
      spend();
      nodeFiles.flush(fd);
    },
    link(from, to) {
      spend();
      nodeFiles.link(from, to);
    },
    rename(from, to) {
      spend();
      nodeFiles.rename(from, to);
    },
    openAside(path) {
      spend();
      return nodeFiles.openAside(path);
    },
  };
  return {
    files,
    heal: () => {
      left = Number.POSITIVE_INFINITY;
    },
  };
}

test('a full disk, at every call: what failed is not there, what was acknowledged is', async () => {
  const { open, folder } = fileFolder();
  for (const after of numbers(60, 0)) {
    const path = join(folder, `full-${after}`);
    await (await open({ path })).close();
    const { files, heal } = failing(after);
    const acknowledged: string[] = [];
    const refused: string[] = [];
    const store = await open({ path, files, segmentBytes: 1500, keptMs: 0 });
    for (const index of numbers(12)) {
      const write = creation({ runId: `run_${index}` });
      await store.commit([write]).then(
        () => acknowledged.push(write.run.runId),
        (error: unknown) => {
          expect(error).toBeInstanceOf(StoreUnavailableError);
          refused.push(write.run.runId);
        },
      );
    }
    heal();
    const expected = [...acknowledged].reverse();
    expect(await idsOf(store), `call ${after}`).toEqual(expected);
    const other = await open({ path });
    expect(await idsOf(other), `call ${after}`).toEqual(expected);
    await startFree(other, { runId: 'run_after' });
    expect(await idsOf(store)).toEqual(['run_after', ...expected]);
    for (const runId of acknowledged) expect(await sequencesOf(store, runId)).toEqual([1]);
    await other.close();
    await store.close();
  }
}, 60_000);

describe('the lock', () => {
  test('of a process that was killed stops nobody', async () => {
    const { open, path, layout } = fileFolder();
    const store = await open();
    const first = await startFree(store);
    const { child, ended, lines } = startProcess(path, 'hold', '1');
    await new Promise<void>((resolve) => lines(() => resolve()));
    expect(existsSync(layout.lock(1))).toBe(true);
    child.kill('SIGKILL');
    await ended;
    const begun = performance.now();
    const second = await startFree(store);
    expect(performance.now() - begun).toBeLessThan(2500);
    expect(await idsOf(store)).toEqual([second, first]);
    expect(existsSync(layout.segment(2))).toBe(true);
  });

  test('of a process that stands still holds others up for a moment, not longer', async () => {
    const { open, path, layout } = fileFolder();
    const store = await open({ silentMs: 100 });
    await startFree(store);
    const { child, ended, lines } = startProcess(path, 'hold', '1');
    await new Promise<void>((resolve) => lines(() => resolve()));
    await startFree(store);
    expect(existsSync(layout.broken(1))).toBe(true);
    child.kill('SIGKILL');
    await ended;
  });

  test.each(['before', 'after'] as const)(
    'broken just %s a record is written: it is there once, for everybody',
    async (moment) => {
      const { open, layout } = fileFolder();
      const store = await open();
      const worker = await newWorker(store);
      const { runId, lease } = await startHeld(store, worker);
      let stands = false;
      const files: Files = {
        ...nodeFiles,
        write(fd, bytes, position) {
          if (!stands || position === undefined) return nodeFiles.write(fd, bytes, position);
          stands = false;
          const locks = createLocks(nodeFiles, layout, -1);
          const takeOver = () => {
            expect(locks.breakIfDead(1, locks.holder(1)!)).toBe(true);
            sealSegment(nodeFiles, layout, 1);
          };
          if (moment === 'before') takeOver();
          nodeFiles.write(fd, bytes, position);
          if (moment === 'after') takeOver();
        },
      };
      const paused = await open({ files });
      stands = true;
      const write = advance(lease, 1, { events: [mark('on')] });
      expect(await commitOne(paused, write)).toEqual({ outcome: 'committed' });
      expect(existsSync(layout.segment(2))).toBe(true);
      for (const reader of [store, paused, await open()]) {
        expect(await sequencesOf(reader, runId)).toEqual([1, 2]);
      }
    },
  );

  test('who stood still past the end of his lease adds not a byte', async () => {
    const { open, layout } = fileFolder();
    const store = await open();
    const worker = await newWorker(store);
    const { runId, lease } = await startHeld(store, worker);
    const heirStore = await open();
    const heir = await newWorker(heirStore, { expiresAt: NOW + 1e9 });
    expect(await claimedIds(heirStore, heir, { now: NOW + 1e6 })).toEqual([runId]);
    const before = readFileSync(lastSegment(layout.journal));
    const write = advance(lease, 1, { events: [mark('late')] });
    expect(await commitOne(store, write)).toEqual({ outcome: 'lease_lost' });
    expect(readFileSync(lastSegment(layout.journal)).equals(before)).toBe(true);
  });
});

test('processes that claim at the same instant share the runs out', async () => {
  const { open, path } = fileFolder();
  const store = await open();
  const created = numbers(300).map(() => creation());
  await store.commit(created);
  const outputs = await runTogether('file-process.ts', 3, [path, 'claim']);
  const claimed = outputs.flatMap((output) => JSON.parse(output) as string[]);
  expect(claimed.toSorted()).toEqual(created.map((write) => write.run.runId).toSorted());
}, 30_000);

test('a store goes through many checkpoints without losing anything', async () => {
  const { open, layout } = fileFolder();
  const store = await open(SMALL);
  const other = await open(SMALL);
  const worker = await newWorker(store);
  const finished: string[] = [];
  for (const index of numbers(60)) {
    finished.push(await finishOne(index % 2 === 0 ? store : other, worker));
    if (index % 10 === 0) await commitOne(other, cancellation(await startFree(store)));
  }
  expect((await idsOf(store)).filter((id) => finished.includes(id))).toEqual(finished.toReversed());
  expect(await idsOf(other)).toEqual(await idsOf(store));
  await store.close();
  await other.close();
  const again = await open();
  const page = await again.listRuns({ statuses: ['completed'], limit: 100 });
  expect(page.items.map((run) => run.runId)).toEqual(finished.toReversed());
  for (const runId of finished) {
    expect(await again.getRun(runId)).toMatchObject({ runId, status: 'completed', input: [] });
    expect(await sequencesOf(again, runId)).toEqual([1, 2]);
  }
  expect(readdirSync(layout.checkpoints).length).toBeGreaterThan(0);
  expect(readdirSync(layout.catalog).length).toBeLessThan(20);
  expect(readdirSync(layout.journal).length).toBeLessThan(20);
});

test('everything in the folder is JSON, a line each', async () => {
  const { open, path } = fileFolder();
  const store = await open(SMALL);
  const worker = await newWorker(store);
  for (const _ of numbers(30)) await finishOne(store, worker);
  await startFree(store, {}, { hooks: [] });
  await store.close();
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' });
  const texts = names.filter((name) => /\.jsonl?$/.test(name)).map((name) => join(path, name));
  expect(texts.length).toBeGreaterThan(35);
  for (const file of texts) {
    const text = readFileSync(file, 'utf8');
    const parts = file.endsWith('l') ? text.trimEnd().split('\n') : [text];
    for (const part of parts) expect(() => JSON.parse(part), file).not.toThrow();
  }
});

interface Started {
  readonly child: ReturnType<typeof spawn>;
  readonly ended: Promise<void>;
  readonly lines: (each: (line: string) => void) => void;
}

function startProcess(path: string, task: string, size: string): Started {
  const script = fileURLToPath(new URL('file-process.ts', import.meta.url));
  const args = ['--import', 'tsx', script, '0', path, task, size];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  const reader = createInterface({ input: child.stdout! });
  return { child, ended, lines: (each) => void reader.on('line', each) };
}
