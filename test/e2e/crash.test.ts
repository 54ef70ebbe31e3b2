import { afterAll, beforeAll, expect, it } from 'vitest';
import type { WorkflowEvent } from '../../src/core/event.ts';
import { type Began, createSite, faultsOf, pause, type Site, seeded } from './processes.ts';

/**
 * One worker process after the other on one database, each killed at a random moment, until enough
 * have died; then all runs must have ended as if nothing had happened, and no step whose completion
 * was recorded may have begun again. CRASH_KILLS and CRASH_SEED repeat a failure.
 */
const KILLS = Number(process.env.CRASH_KILLS ?? 200);
const SEED = Number(process.env.CRASH_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** Runs at a time; the next ones start when these are done. */
const BATCH = 12;

const PROGRAM = `
const work = step({ name: 'work' }, async (n) => {
  const nonce = began();
  await pause(n % 9);
  return { value: n * 3, nonce };
});
const flaky = step({ name: 'flaky', maxRetries: 5, retryDelay: [0, '15ms'] }, async (n) => {
  const nonce = began();
  await pause(n % 5);
  if (getContext().attempt <= 2) throw new Error('attempt ' + getContext().attempt);
  return { value: n + getContext().attempt, nonce };
});
const order = workflow({ name: 'order', maxRecoveryAttempts: 1e6 }, async ({ n }) => {
  const made = [];
  for (let i = 0; i < 6; i++) made.push(await work(n * 10 + i));
  const branches = await Promise.all([0, 1, 2, 3, 4].map(async (b) => {
    const first = await work(n * 100 + b);
    if (b % 2) await sleep({ milliseconds: 5 + 10 * b });
    const second = b === 4 ? await flaky(n) : await work(first.value);
    return [first, second];
  }));
  made.push(...branches.flat(), await flaky(n + 1));
  await sleep('25ms');
  const [answer, side] = await Promise.all([hook('approval'), work(n)]);
  made.push(side, await Promise.race([work(n + 7), sleep('1h')]));
  for (let i = 0; i < 4; i++) {
    made.push(await work(i));
    await sleep('4ms');
  }
  return {
    values: made.map((one) => one.value),
    answer: answer.double,
    random: Math.random() < 2,
    nonces: made.map((one) => one.nonce),
  };
});

const client = await createClient({ storage: { backend: 'sqlite', path: process.env.DATABASE } });
const worker = await client.startWorker();
worker.done.catch((error) => {
  console.error(error);
  process.exit(9);
});
say('serving');
const runs = [];
for (let i = 0; i < ${BATCH}; i++) {
  const options = { idempotencyKey: process.env.ROUND + '-' + i, detach: i % 2 === 0 };
  runs.push(await client.start(order, { n: i }, options));
}
say('started');
const answer = async () => {
  for (const { token, runId } of (await client.hooks.list({ status: 'pending' })).items) {
    const { n } = (await client.runs.get(runId)).input;
    await client.hooks.resume(token, { double: n * 2 }).catch((error) => {
      if (error.code !== 'HOOK_ALREADY_RECEIVED') throw error;
    });
  }
};
let all = false;
const done = Promise.all(runs.map((run) => run.result())).then(() => { all = true; });
while (!all) {
  await answer();
  await Promise.race([done, pause(10)]);
}
say('done');
await client.close();
process.exit(0);
`;

interface Outcome {
  readonly values: number[];
  readonly answer: number;
  readonly nonces: string[];
}

let site: Site;
beforeAll(() => {
  site = createSite(PROGRAM);
});
afterAll(() => site.remove());

it(`survives ${KILLS} kills (seed ${SEED})`, async () => {
  const random = seeded(SEED);
  const histories = new Map<string, readonly WorkflowEvent[]>();
  /** Known to be recorded when a life began, by `run step`: those must not begin in it. */
  const settled = new Map<string, { readonly attempt: number; readonly before: number }>();
  const lives: { kills: number; round: number; life: number } = { kills: 0, round: 0, life: 0 };

  const env = () => ({ DATABASE: 'runs.db', ROUND: String(lives.round) });

  /** Reads every history that can have grown, and notes what the next lives must not repeat. */
  async function inspect(): Promise<void> {
    const client = await site.open();
    try {
      const { items } = await client.runs.list({ limit: BATCH });
      for (const { runId } of items) {
        const events = await client.runs.events(runId);
        const before = histories.get(runId) ?? [];
        // What was recorded stays as it was.
        expect(events.slice(0, before.length)).toEqual(before);
        histories.set(runId, events);
        for (const { type, data } of events.slice(before.length)) {
          if (type !== 'step.completed' && type !== 'step.failed') continue;
          const attempt = type === 'step.completed' ? Number.POSITIVE_INFINITY : data.attempt;
          settled.set(`${runId} ${data.step_id}`, { attempt, before: lives.life + 1 });
        }
      }
    } finally {
      await client.close();
    }
  }

  const began = performance.now();
  for (;;) {
    const life = site.start(String(++lives.life), env());
    const last = lives.kills >= KILLS;
    // Most die at work; some while they open the database, some before it is there.
    const moment = random();
    if (last) await life.gone;
    else {
      if (moment < 0.85) await life.saw('serving');
      await Promise.race([life.gone, pause(5 + random() * 145)]);
      life.process.kill('SIGKILL');
    }
    const code = await life.gone;
    if (code === null) lives.kills++;
    else expect(code, life.complaints()).toBe(0);
    // Not always: a process must also find the log of one that was killed just before.
    if (code === 0 || random() < 0.5) await inspect();
    if (code !== 0) continue;
    if (lives.kills >= KILLS) break;
    lives.round++;
  }
  const seconds = (performance.now() - began) / 1000;

  const undisturbed = site.start('undisturbed', { DATABASE: 'calm.db', ROUND: 'calm' });
  expect(await undisturbed.gone, undisturbed.complaints()).toBe(0);
  const calm = await site.open('calm.db');
  const expected = new Map<number, Outcome>();
  for (const { runId } of (await calm.runs.list({ limit: 1000 })).items) {
    const { input, result } = await calm.runs.get(runId);
    expected.set((input as { n: number }).n, result as unknown as Outcome);
  }
  await calm.close();
  expect(expected.size).toBe(BATCH);

  const client = await site.open();
  const starts = new Map<string, Began[]>();
  for (const start of site.began()) {
    const key = `${start.runId} ${start.stepId}`;
    starts.set(key, [...(starts.get(key) ?? []), start]);
  }
  const faults: string[] = [];
  let runs = 0;
  let recoveries = 0;
  let cursor: string | undefined;
  do {
    const page = await client.runs.list({ limit: 500, ...(cursor && { cursor }) });
    for (const { runId } of page.items) {
      runs++;
      const record = await client.runs.get(runId);
      const events = await client.runs.events(runId);
      faults.push(...faultsOf(runId, events));
      recoveries += events.filter((event) => event.type === 'workflow.interrupted').length;
      const result = record.result as unknown as Outcome | null;
      const { nonces: _, ...rest } = expected.get((record.input as { n: number }).n)!;
      const { nonces, ...outcome } = result ?? { nonces: [] };
      if (JSON.stringify(outcome) !== JSON.stringify(rest)) {
        faults.push(`${runId}: ${record.status} with ${JSON.stringify(outcome)}`);
      }
      const recorded = new Set<string>();
      for (const { type, data, timestamp } of events) {
        if (type !== 'step.completed') continue;
        recorded.add((data.result as { nonce: string }).nonce);
        for (const start of starts.get(`${runId} ${data.step_id}`) ?? []) {
          if (start.at > timestamp) {
            faults.push(
              `${runId}: ${data.step_id} began ${start.at - timestamp} ms after it was completed`,
            );
          }
        }
      }
      // The result that was recorded first is the one the code has seen.
      for (const nonce of nonces) if (!recorded.has(nonce)) faults.push(`${runId}: lost ${nonce}`);
    }
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  await client.close();
  for (const { life, runId, stepId, attempt } of site.began()) {
    const known = settled.get(`${runId} ${stepId}`);
    if (known !== undefined && Number(life) >= known.before && attempt <= known.attempt) {
      faults.push(
        `${runId}: ${stepId} #${attempt} began in life ${life}, settled before ${known.before}`,
      );
    }
  }
  console.log(
    `crash: ${lives.kills} kills, ${lives.life} lives, ${runs} runs, ${recoveries} recoveries, ` +
      `${site.began().length} step bodies, ${seconds.toFixed(1)} s, seed ${SEED}`,
  );
  expect(faults).toEqual([]);
  expect(recoveries).toBeGreaterThan(KILLS / 4);
});
