/**
 * Run as a process of its own: `write` starts runs and prints the id of each once it is on disk,
 * until it is killed; `hold` takes the lock of the journal and does nothing; `claim` claims all there
 * is from a given instant on, and prints what it got.
 */
import { hostname } from 'node:os';
import { newEvent } from '../../../src/core/event.ts';
import { newRunId, newWorkerId } from '../../../src/core/id.ts';
import type { CreateRun } from '../../../src/storage/commit.ts';
import { openFileStore } from '../../../src/storage/file/file-store.ts';
import { nodeFiles } from '../../../src/storage/file/files.ts';
import { layoutOf } from '../../../src/storage/file/folder.ts';
import { createLocks } from '../../../src/storage/file/lock.ts';

const [beginAt = '', path = '', task = '', segmentBytes = '65536'] = process.argv.slice(2);
const options = { path, durability: 'full', segmentBytes: Number(segmentBytes) } as const;

if (task === 'hold') {
  createLocks(nodeFiles, layoutOf(path)).take(Number(segmentBytes));
  process.stdout.write('held\n');
  setInterval(() => {}, 1000);
} else {
  const store = await openFileStore(options);
  const workerId = newWorkerId();
  const now = Date.now();
  await store.registerWorker({
    workerId,
    name: task,
    host: hostname(),
    pid: process.pid,
    processKey: null,
    startedAt: now,
    expiresAt: now + 60_000,
  });
  await new Promise((resolve) => setTimeout(resolve, Number(beginAt) - Date.now()));
  if (task === 'claim') {
    const claimed: string[] = [];
    const request = { workflows: null, scope: 'all', runIds: [], deadWorkers: [] } as const;
    for (;;) {
      const claims = await store.claim({ workerId, now, limit: 2, ...request });
      if (claims.length === 0) break;
      claimed.push(...claims.map((claim) => claim.run.runId));
    }
    await store.close();
    process.stdout.write(JSON.stringify(claimed));
  } else {
    for (;;) {
      const runId = newRunId();
      const [result] = await store.commit([creationOf(runId, workerId)]);
      if (result?.outcome !== 'committed' || result.lease === undefined)
        throw new Error('not made');
      const [ended] = await store.commit([
        {
          op: 'advance',
          lease: result.lease,
          expectedSequence: 1,
          events: [newEvent('sleep.completed', now, { sleep_id: 'end' })],
          run: { status: 'completed', updatedAt: now, completedAt: now },
          release: 'suspend',
        },
      ]);
      if (ended?.outcome !== 'committed') throw new Error('not ended');
      process.stdout.write(`${runId}\n`);
    }
  }
}

function creationOf(runId: string, workerId: string): CreateRun {
  return {
    op: 'create',
    run: {
      runId,
      workflowName: 'order',
      status: 'running',
      createdAt: 1,
      updatedAt: 1,
      startedAt: null,
      completedAt: null,
      input: [],
      result: null,
      error: null,
      idempotencyKey: null,
      maxDuration: null,
      metadata: {},
      tags: [],
      recoveryAttempts: 0,
      maxRecoveryAttempts: 3,
      recoverOnWorkerLoss: true,
      parentRunId: null,
      childId: null,
      nestingDepth: 0,
      continuedFromRunId: null,
      continuedToRunId: null,
      forkedFromRunId: null,
      scheduleId: null,
      scheduledAt: null,
      codeVersion: null,
      progress: null,
    },
    events: [newEvent('workflow.started', 1, { workflow_name: 'order', input: [], metadata: {} })],
    timers: [],
    hooks: [],
    workerId,
    attention: 'claimed',
  };
}
