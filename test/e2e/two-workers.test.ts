import { afterAll, beforeAll, expect, it } from 'vitest';
import type { WorkflowEvent } from '../../src/core/event.ts';
import {
  type Began,
  createSite,
  faultsOf,
  type Life,
  pause,
  type Site,
  seeded,
} from './processes.ts';

/**
 * Two workers on one database. One is killed, or stopped for longer than its lease and woken again,
 * over and over; the other goes on meanwhile. WORKERS_RUNS and WORKERS_SEED repeat a failure.
 */
const RUNS = Number(process.env.WORKERS_RUNS ?? 500);
const SEED = Number(process.env.WORKERS_SEED ?? Math.floor(Math.random() * 2 ** 31));
const LEASE_MS = 1000;

const PROGRAM = `
const work = step({ name: 'work' }, async (n) => {
  const nonce = began();
  await pause(30 + (n % 90));
  return { value: n + 1, nonce, life };
});
const flaky = step({ name: 'flaky', retryDelay: ['20ms'] }, async (n) => {
  const nonce = began();
  if (getContext().attempt === 1) throw new Error('the first time');
  return { value: n * 2, nonce, life };
});
const leaf = workflow({ name: 'leaf', maxRecoveryAttempts: 1e6 }, async ({ n, left }) => {
  const one = await work(n);
  await sleep('10ms');
  return left === 0 ? one.value : continueAsNew({ n: one.value, left: left - 1 });
});
workflow({ name: 'order', maxRecoveryAttempts: 1e6 }, async ({ n }) => {
  const made = [];
  for (let i = 0; i < 4; i++) made.push(await work(n + i));
  made.push(...await Promise.all([work(n), flaky(n), work(n * 7)]));
  const leaves = await Promise.all([0, 1].map((left) => startChildWorkflow(leaf, { n, left })));
  await sleep('40ms');
  const answer = await hook('approval');
  for (let i = 0; i < 3; i++) made.push(await work(answer.n + i));
  return { values: made.map((one) => one.value).concat(leaves), nonces: made.map((one) => one.nonce) };
});
const client = await createClient({
  storage: { backend: 'sqlite', path: 'runs.db' },
  worker: { lease: ${LEASE_MS / 1000}, concurrency: 5 },
});
const worker = await client.startWorker({ name: life });
worker.done.then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(9);
});
process.on('SIGTERM', () => void worker.stop());
say('serving');
`;

function expectedValues(n: number): number[] {
  const sequence = [0, 1, 2, 3].map((i) => n + i + 1);
  const last = [0, 1, 2].map((i) => n * 3 + i + 1);
  return [...sequence, n + 1, n * 2, n * 7 + 1, ...last, n + 1, n + 2];
}

let site: Site;
const living = new Set<Life>();
beforeAll(() => {
  site = createSite(PROGRAM);
});
afterAll(async () => {
  for (const life of living) {
    life.process.kill('SIGKILL');
    await life.gone;
  }
  site.remove();
});

it(`finishes ${RUNS} runs while workers die and freeze (seed ${SEED})`, async () => {
  const random = seeded(SEED);
  const startedAt = performance.now();
  const figures = { kills: 0, freezes: 0, lives: 0 };
  const { workflow } = await import('../../src/workflow/define-workflow.ts');
  // Never called here: the test only records the runs.
  workflow({ name: 'order', maxRecoveryAttempts: 1e6 }, async () => {});
  const client = await site.open();
  const ids: string[] = [];
  for (let n = 0; n < RUNS; n++) {
    const run = await client.start('order', { n }, { detach: true });
    ids.push(run.runId);
  }

  async function start(name: string): Promise<Life> {
    const life = site.start(`${name}${++figures.lives}`, {});
    living.add(life);
    await life.saw('serving');
    return life;
  }
  async function end(life: Life, signal: NodeJS.Signals): Promise<number | null> {
    life.process.kill(signal);
    const code = await life.gone;
    living.delete(life);
    return code;
  }

  let open = true;
  const answering = (async () => {
    while (open) {
      const { items } = await client.hooks.list({ status: 'pending', limit: 100 });
      for (const hook of items) {
        const n = ids.indexOf(hook.runId);
        await client.hooks.resume(hook.token, { n: n * 3 }).catch((error) => {
          if (error.code !== 'HOOK_ALREADY_RECEIVED') throw error;
        });
      }
      await pause(30);
    }
  })();
  const unfinished = async () => {
    const statuses = ['pending', 'running', 'suspended'] as const;
    return (await client.runs.list({ statuses, limit: 1 })).items.length;
  };

  const workers = [await start('a'), await start('b')];
  const giveUpAt = performance.now() + 400_000;
  while ((await unfinished()) > 0) {
    if (performance.now() > giveUpAt) break;
    await pause(100 + random() * 300);
    const at = random() < 0.5 ? 0 : 1;
    const victim = workers[at]!;
    if (random() < 0.5) {
      await end(victim, 'SIGKILL');
      figures.kills++;
      workers[at] = await start(at === 0 ? 'a' : 'b');
    } else {
      victim.process.kill('SIGSTOP');
      await pause(LEASE_MS * (1.3 + random()));
      victim.process.kill('SIGCONT');
      figures.freezes++;
    }
    for (const worker of workers) {
      expect(worker.process.exitCode, worker.complaints()).toBeNull();
    }
  }
  // Time for one that was frozen to do what it should not do.
  await pause(300);
  open = false;
  await answering;
  for (const worker of workers) expect(await end(worker, 'SIGTERM'), worker.complaints()).toBe(0);

  const faults: string[] = [];
  const starts = new Map<string, Began>(site.began().map((one) => [one.nonce, one]));
  let taken = 0;
  for (const [n, runId] of ids.entries()) {
    const events = await client.runs.events(runId);
    const { status, result } = await client.runs.get(runId);
    faults.push(...faultsOf(runId, events), ...lateWrites(runId, events, starts));
    taken += events.filter((event) => event.type === 'workflow.interrupted').length;
    const values = (result as { values?: number[] } | null)?.values;
    if (JSON.stringify(values) !== JSON.stringify(expectedValues(n))) {
      faults.push(`${runId}: ${status} with ${JSON.stringify(result)}`);
    }
  }
  // Three generations of leaves for every order.
  const { items: leaves } = await client.runs.list({ workflowName: 'leaf', limit: 1e6 });
  expect(leaves).toHaveLength(3 * RUNS);
  for (const { runId } of leaves) {
    const events = await client.runs.events(runId);
    faults.push(...faultsOf(runId, events), ...lateWrites(runId, events, starts));
  }
  await client.close();
  console.log(
    `two workers: ${RUNS} runs and their ${leaves.length} leaves, ${figures.kills} kills, ${figures.freezes} freezes, ${taken} runs ` +
      `taken over, ${((performance.now() - startedAt) / 1000).toFixed(1)} s, seed ${SEED}`,
  );
  expect(faults).toEqual([]);
  if (RUNS >= 200) expect(figures.kills + figures.freezes).toBeGreaterThan(3);
  expect(taken).toBeGreaterThan(0);
});

/** After a run was taken over, nothing may be recorded of what its former owner had begun. */
function lateWrites(
  runId: string,
  events: readonly WorkflowEvent[],
  starts: ReadonlyMap<string, Began>,
): string[] {
  const faults: string[] = [];
  let takenAt = 0;
  for (const { type, data, timestamp } of events) {
    if (type === 'workflow.interrupted') takenAt = timestamp;
    if (type !== 'step.completed') continue;
    const start = starts.get((data.result as { nonce: string }).nonce);
    if (start === undefined) faults.push(`${runId}: ${data.step_id} never began`);
    else if (start.at < takenAt) {
      const by = `begun in ${start.life} ${takenAt - start.at} ms before the run was taken over`;
      faults.push(`${runId}: ${data.step_id} was recorded although ${by}`);
    }
  }
  return faults;
}
