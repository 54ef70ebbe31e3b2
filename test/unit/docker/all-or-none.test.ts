import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { allOrNone } from '../../../src/docker/all-or-none.ts';

it('gives the results in order', async () => {
  const late = async () => {
    await sleep(20);
    return 'a';
  };
  expect(await allOrNone([late, async () => 'b'], undefined)).toEqual(['a', 'b']);
});

it('calls the others off at the first failure, and waits for them', async () => {
  const ended: string[] = [];
  const others = async (signal: AbortSignal) => {
    await sleep(60_000, undefined, { signal }).catch(() => sleep(20));
    ended.push('other');
    throw new Error('called off');
  };
  const failing = async () => {
    throw new Error('the first');
  };
  await expect(allOrNone([others, failing, others], undefined)).rejects.toThrow('the first');
  expect(ended).toEqual(['other', 'other']);
});

it('passes on what the caller says', async () => {
  const stop = new AbortController();
  const task = (signal: AbortSignal) => sleep(60_000, undefined, { signal });
  const going = allOrNone([task], stop.signal);
  stop.abort(new Error('enough'));
  await expect(going).rejects.toThrow();
});
