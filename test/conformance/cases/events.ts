import { expect, test } from 'vitest';
import type { NewEvent } from '../../../src/core/event.ts';
import {
  advance,
  commitOne,
  event,
  mark,
  NOW,
  newWorker,
  numbers,
  startFree,
  startHeld,
} from '../fixtures.ts';
import type { Harness } from '../harness.ts';

export function eventCases({ fresh }: Harness): void {
  /** Sequences 1 | 2 3 4 | 5 | 6 7 8 9, one group per commit. */
  async function inGroups() {
    const { store } = await fresh();
    const { runId, lease } = await startHeld(store, await newWorker(store));
    const sleep = (id: string): NewEvent =>
      event('sleep.started', { sleep_id: id, duration_seconds: 1, resume_at: '', name: null });
    const groups = [
      [sleep('a'), sleep('b'), mark('a')],
      [mark('b')],
      [sleep('c'), mark('c'), sleep('d'), mark('d')],
    ];
    let sequence = 1;
    for (const events of groups) {
      await commitOne(store, advance(lease, sequence, { events }));
      sequence += events.length;
    }
    const read = async (options?: Parameters<typeof store.readEvents>[1]) =>
      (await store.readEvents(runId, options)).map((found) => found.sequence);
    return { store, runId, read };
  }

  test('events are read back as they were recorded', async () => {
    const { store } = await fresh();
    const events = [
      event(
        'workflow.started',
        { workflow_name: 'order', input: { a: 1 }, metadata: {}, secret: 's' },
        NOW + 1,
      ),
      event(
        'step.started',
        { step_id: 's', step_name: 'pay', args: [1, { b: null }], attempt: 1 },
        NOW + 2,
      ),
      event('sleep.completed', { sleep_id: 'z' }, NOW + 3),
    ];
    const runId = await startFree(store, {}, { events });
    expect(await store.readEvents(runId)).toEqual(
      events.map(({ type, timestamp, data }, index) => ({
        type,
        timestamp,
        sequence: index + 1,
        data: JSON.parse(data),
      })),
    );
  });

  test('all of them, in order', async () => {
    const { read } = await inGroups();
    expect(await read()).toEqual(numbers(9));
    expect(await read({})).toEqual(numbers(9));
  });

  test.each(numbers(13, -1))('after %i', async (after) => {
    const { read } = await inGroups();
    expect(await read({ after })).toEqual(numbers(9).filter((sequence) => sequence > after));
  });

  test.each([0, 1, 2, 3, 4, 5, 6, 9, 10])('at most %i', async (limit) => {
    const { read } = await inGroups();
    expect(await read({ limit })).toEqual(numbers(9).slice(0, limit));
    expect(await read({ limit, after: 3 })).toEqual(numbers(6, 4).slice(0, limit));
  });

  test('of some types, with and without a limit', async () => {
    const { read } = await inGroups();
    expect(await read({ types: ['sleep.completed'] })).toEqual([4, 5, 7, 9]);
    expect(await read({ types: ['sleep.completed', 'workflow.started'] })).toEqual([1, 4, 5, 7, 9]);
    expect(await read({ types: ['sleep.completed'], limit: 2 })).toEqual([4, 5]);
    expect(await read({ types: ['sleep.completed'], after: 4, limit: 2 })).toEqual([5, 7]);
    expect(await read({ types: ['sleep.completed'], after: 7 })).toEqual([9]);
    expect(await read({ types: ['step.failed'] })).toEqual([]);
    expect(await read({ types: [] })).toEqual([]);
  });

  test('reading in portions is reading at once', async () => {
    const { read } = await inGroups();
    for (const limit of numbers(4)) {
      const found: number[] = [];
      for (;;) {
        const portion = await read({ after: found.at(-1) ?? 0, limit });
        if (portion.length === 0) break;
        found.push(...portion);
      }
      expect(found).toEqual(numbers(9));
    }
  });

  test('two runs’ histories do not mix', async () => {
    const { store, runId } = await inGroups();
    const other = await startFree(store);
    expect(await store.readEvents(other)).toHaveLength(1);
    expect(await store.readEvents(runId)).toHaveLength(9);
  });
}
