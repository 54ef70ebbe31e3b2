import { expect, test } from 'vitest';
import type { Json } from '../../../src/core/json.ts';
import {
  advance,
  claimOnly,
  commitOne,
  event,
  hookRecord,
  NOW,
  newWorker,
  payloadFor,
  startFree,
  startHeld,
} from '../fixtures.ts';
import type { Harness } from '../harness.ts';

const PAYLOADS: readonly (readonly [string, Json])[] = [
  ['null', null],
  ['false', false],
  ['zero', 0],
  ['numbers', [1.5, -0.1, 1e300, 5e-324, Number.MAX_SAFE_INTEGER, -1]],
  ['an empty string', ''],
  ['an empty object', {}],
  ['an empty array', []],
  ['tagged values', { $: 'Date', v: '2024-01-01T00:00:00.000Z', again: { $: 'Map', v: [[1, 2]] } }],
  ['unicode', 'Größe 東京 🏳️‍🌈 e\u0301 \u202eright to left'],
  ['U+0000 in values and keys', { 'a\u0000b': 'c\u0000d', z: '\u0000' }],
  ['control characters', '\u0001\u001f\u007f\u2028\u2029\r\n\t'],
  ['lone surrogates', ['\ud800', 'a\udfffb', { '\udc00': 1 }]],
  ['a prototype key', JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":1}}')],
  ['quotes and backslashes', '\'"\\\\`{}%_[]?:@$1'],
  ['a deep tree', JSON.parse(`${'['.repeat(500)}1${']'.repeat(500)}`)],
  ['a megabyte', { text: 'äx'.repeat(350_000) }],
];

export function payloadCases({ fresh }: Harness): void {
  test.each(PAYLOADS)('%s survives on every way through the store', async (_name, payload) => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    const same = (value: unknown) => {
      // As text first: it also tells the order of keys and what equality overlooks.
      expect(JSON.stringify(value)).toBe(JSON.stringify(payload));
      expect(value).toEqual(payload);
    };
    const metadata = { given: payload };
    const { runId, lease } = await startHeld(store, worker, { input: payload, metadata });
    const hook = hookRecord(runId, { payloadSchema: payload });
    const completed = event('workflow.completed', { workflow_name: 'order', result: payload });
    await commitOne(store, advance(lease, 1, { hooks: [hook] }));
    await commitOne(store, payloadFor(runId, payload));
    const { inbox } = await store.readArrivals(lease, 0, NOW);
    same(inbox[0]?.type === 'hook.received' ? inbox[0].payload : 'nothing');
    same((await store.getHook(runId, 'approval'))?.payload);
    same((await store.getHook(runId, 'approval'))?.payloadSchema);
    const error = { name: 'Error', message: 'why', fields: { payload } };
    await commitOne(
      store,
      advance(lease, 1, {
        events: [completed],
        run: { status: 'completed', updatedAt: NOW, result: payload, error },
        release: 'suspend',
      }),
    );
    const run = await store.getRun(runId);
    same(run?.input);
    same(run?.result);
    same(run?.metadata.given);
    expect(run?.error).toEqual(error);
    const events = await store.readEvents(runId);
    same(events[0]?.type === 'workflow.started' ? events[0].data.input : 'nothing');
    same(events[1]?.type === 'workflow.completed' ? events[1].data.result : 'nothing');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test('names and texts survive, too', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store, { name: 'Büro "1"', host: 'höst', processKey: "k'ey" });
    const odd = `'"\\%_ ß 東 🏳️‍🌈; DROP TABLE runs --`;
    const run = { workflowName: odd, idempotencyKey: odd, tags: [odd], metadata: { [odd]: odd } };
    const runId = await startFree(store, run, {
      attention: 'waiting',
      hooks: [hookRecord('any', { hookId: odd, name: odd, token: odd })],
      timers: [{ id: odd, kind: 'sleep', dueAt: NOW }],
    });
    await commitOne(store, {
      op: 'deliver',
      runId,
      message: { type: 'cancel', reason: odd, requestedBy: odd },
      now: NOW,
    });
    expect(await store.getRunByKey(odd, odd)).toMatchObject({ runId, ...run });
    expect(await store.getHook(runId, odd)).toMatchObject({ hookId: odd, name: odd, token: odd });
    const { arrivals } = await claimOnly(store, worker, { workflows: [odd] });
    expect(arrivals.dueTimers).toEqual([{ id: odd, kind: 'sleep', dueAt: NOW }]);
    expect(arrivals.inbox).toMatchObject([{ reason: odd, requestedBy: odd }]);
    expect(await store.listWorkers()).toMatchObject([{ name: 'Büro "1"', host: 'höst' }]);
  });
}
