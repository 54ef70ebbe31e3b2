import { ClosedError } from '../../core/errors.ts';
import type { WriteResult } from '../commit.ts';
import {
  heldRunsWithArrivals,
  isAnyClaimable,
  nextTimer,
  readArrivals,
} from '../memory/memory-claim.ts';
import { commitBatch } from '../memory/memory-commit.ts';
import { readGates } from '../memory/memory-gate-queue.ts';
import { reserve } from '../memory/memory-rates.ts';
import * as schedules from '../memory/memory-schedule-reads.ts';
import { idempotencyEntry } from '../memory/memory-state.ts';
import { listWorkers } from '../memory/memory-workers.ts';
import type { Store } from '../store.ts';
import { createCompactor } from './compactor.ts';
import { createFileCore } from './file-core.ts';
import { translateFileError } from './file-errors.ts';
import type { FileState } from './file-state.ts';
import { createFileWorkers } from './file-workers.ts';
import { type Files, nodeFiles } from './files.ts';
import { layoutOf, prepareFolder } from './folder.ts';
import * as hooks from './hook-reads.ts';
import { keepAlive } from './keep-alive.ts';
import { createRunLogs } from './run-logs.ts';
import * as runs from './run-reads.ts';
import { watch } from './watch.ts';

export interface FileStoreOptions {
  /** The folder; it is made if need be. */
  readonly path: string;
  /** `full`: a commit is on disk when it returns. `normal`: a power cut may lose the last moments. */
  readonly durability: 'full' | 'normal';
  /** How long a writer waits for other processes before it gives up, milliseconds. */
  readonly patienceMs?: number;
  /** How long a living process may hold the others up, milliseconds. */
  readonly silentMs?: number;
  /** Size from which on a segment of the journal is ended. */
  readonly segmentBytes?: number;
  /** How long superseded files are kept, milliseconds. */
  readonly keptMs?: number;
  readonly files?: Files;
}

const PATIENCE_MS = 10_000;
const SEGMENT_BYTES = 4 * 1024 * 1024;

/**
 * The store in a folder of JSON files, for any number of processes on one machine.
 * @throws StoreError (another application's folder, damaged), StoreTooNewError,
 *   StoreUnavailableError (no right to write, disk full)
 */
export async function openFileStore(options: FileStoreOptions): Promise<Store> {
  const { path, durability, files = nodeFiles, silentMs, keptMs } = options;
  const layout = layoutOf(path);
  const segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
  const patienceMs = options.patienceMs ?? PATIENCE_MS;
  const logs = createRunLogs(files, layout);
  const workers = createFileWorkers(files, layout);
  const ongoing = new Set<() => void>();
  const compactor = createCompactor({
    files,
    layout,
    logs,
    segmentBytes,
    keptMs,
    core: () => core,
  });
  const core = await translated(async () => {
    prepareFolder(files, layout);
    const made = createFileCore({
      files,
      layout,
      durability,
      patienceMs,
      silentMs,
      onWritten: compactor.onWritten,
    });
    await made.read(() => {});
    return made;
  });
  let closed = false;

  async function translated<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw translateFileError(error, path);
    }
  }

  async function read<T>(work: (state: FileState) => T): Promise<T> {
    if (closed) throw new ClosedError('store');
    return translated(() => core.read(work));
  }

  async function write<T>(work: (state: FileState) => T, flush: boolean): Promise<T> {
    if (closed) throw new ClosedError('store');
    return translated(() => core.write(work, flush));
  }

  /** What goes on until it is stopped or the store is closed. */
  function keepGoing(begin: () => () => void): () => void {
    if (closed) throw new ClosedError('store');
    const end = begin();
    const stop = () => {
      if (ongoing.delete(stop)) end();
    };
    ongoing.add(stop);
    return stop;
  }

  return {
    description: `file ${path}`,

    commit: (batch) =>
      write((state): readonly WriteResult[] => commitBatch(state.memory, batch), true),
    async claim(request) {
      const isAny = await read((state) => {
        workers.refreshSuspects(state, request);
        return isAnyClaimable(state.memory, request);
      });
      return isAny ? write((state) => workers.claim(state, request), false) : [];
    },
    readArrivals: (lease, after, now) =>
      read(({ memory }) => readArrivals(memory, lease, after, now)),
    heldRunsWithArrivals: (workerId, now) =>
      read(({ memory }) => heldRunsWithArrivals(memory, workerId, now)),
    nextTimer: (request) => read(({ memory }) => nextTimer(memory, request)),
    watch: (onChange) =>
      keepGoing(() => {
        const { hasNews, counts } = core;
        const takeIn = () => core.read(() => {});
        return watch({ folder: layout.journal, hasNews, counts, takeIn }, onChange);
      }),

    registerWorker: (worker) => write((state) => workers.register(state, worker), false),
    keepAlive: (workerId, leaseMs) => keepGoing(() => keepAlive(layout.beat(workerId), leaseMs)),
    removeWorker: (workerId) => write((state) => workers.remove(state, workerId), false),
    listWorkers: () =>
      read(({ memory }) => {
        workers.refresh(memory.workers.values());
        return listWorkers(memory);
      }),

    getRun: (runId) => read((state) => runs.getRun(state, logs, runId)),
    getRunByKey: (workflow, key) =>
      read((state) => runs.getRunByKey(state, logs, idempotencyEntry(workflow, key))),
    findRunIds: (prefix, limit) => read((state) => runs.findRunIds(state, prefix, limit)),
    listRuns: (filter) => read((state) => runs.listRuns(state, logs, filter)),
    readEvents: (runId, range = {}) => read((state) => runs.readEvents(state, logs, runId, range)),
    getHook: (runId, hookId) => read((state) => hooks.getHook(state, runId, hookId)),
    listHooks: (filter) => read((state) => hooks.listHooks(state, filter)),
    readGates: (runId) => read(({ memory }) => readGates(memory, runId)),

    getSchedule: (scheduleId) => read(({ memory }) => schedules.getSchedule(memory, scheduleId)),
    listSchedules: (filter) => read(({ memory }) => schedules.listSchedules(memory, filter)),
    dueSchedules: (now, limit) => read(({ memory }) => schedules.dueSchedules(memory, now, limit)),
    nextScheduleAt: (after) => read(({ memory }) => schedules.nextScheduleAt(memory, after)),
    readScheduleEvents: (scheduleId, range = {}) =>
      read(({ memory }) => schedules.readScheduleEvents(memory, scheduleId, range)),

    reserve: (request) =>
      write((state) => {
        state.changed.rates.add(request.name);
        return reserve(state.memory, request);
      }, false),

    ping: () => read(() => {}),
    async close() {
      if (closed) return;
      closed = true;
      for (const stop of ongoing) stop();
      await compactor.close();
      await core.close();
    },
  };
}
