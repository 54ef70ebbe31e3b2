import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Client, RunHandle } from '../../../src/client/client.ts';
import { HookExpiredError } from '../../../src/core/errors.ts';
import { hook } from '../../../src/primitives/hook.ts';
import type { Store } from '../../../src/storage/store.ts';
import { defineHook } from '../../../src/workflow/define-hook.ts';
import { step } from '../../../src/workflow/define-step.ts';
import { workflow } from '../../../src/workflow/define-workflow.ts';
import { BACKENDS, errorOf, gate, pause, story, until, useWorld } from './world.ts';

const Answer = z.object({ ok: z.boolean(), note: z.string().default('none') });

async function tokenOf(client: Client, run: RunHandle): Promise<string> {
  const find = async () => (await client.hooks.list({ runId: run.runId })).items[0];
  await until(async () => (await find()) !== undefined);
  return (await find())!.token;
}

describe.each(BACKENDS)('hooks on %s', (backend) => {
  const world = useWorld(backend);

  function asking(timeout?: string) {
    return workflow({ name: 'asking' }, async () => {
      try {
        return { answer: await hook('ask', timeout === undefined ? {} : { timeout }) };
      } catch (error) {
        return { error: (error as Error).name };
      }
    });
  }

  it('are resumed while the run is busy, without disturbing it', async () => {
    const go = gate();
    const busy = step({ name: 'busy' }, () => go.promise);
    const wf = workflow({ name: 'wf' }, async () => {
      const waiting = hook('ask');
      await busy();
      return waiting;
    });
    const client = await world.open();
    const run = await client.start(wf);
    await client.hooks.resume(await tokenOf(client, run), 'early');
    await until(async () => (await story(client, run.runId)).includes('hook.received hook_ask_1'));
    expect(await run.status()).toBe('running');
    go.open();
    expect(await run.result()).toBe('early');
  });

  it('are resumed by a second client, while the first runs and while it sleeps', async () => {
    const go = gate();
    const busy = step({ name: 'busy' }, () => go.promise);
    const wf = workflow({ name: 'wf' }, async () => {
      const first = hook('first');
      await busy();
      return [await first, await hook('second')];
    });
    const owner = await world.open();
    const other = await world.open();
    const run = await owner.start(wf);
    await other.hooks.resume(await tokenOf(other, run), 1);
    await until(async () => (await story(other, run.runId)).includes('hook.received hook_first_1'));
    go.open();
    await until(async () => (await run.status()) === 'suspended');
    // People who can read the store may leave out the secret.
    await other.hooks.resume(`${run.runId}:hook_second_1`, 2);
    expect(await run.result({ timeoutMs: 5000 })).toEqual([1, 2]);
  });

  it('take one payload, however many come at once', async () => {
    const [one, two] = [await world.open(), await world.open()];
    const run = await one.start(asking());
    const token = await tokenOf(one, run);
    const attempts = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => (n % 2 ? one : two).hooks.resume(token, n)),
    );
    const winners = attempts.flatMap(({ status }, n) => (status === 'fulfilled' ? [n] : []));
    expect(winners).toHaveLength(1);
    for (const attempt of attempts) {
      if (attempt.status === 'rejected') expect(attempt.reason.code).toBe('HOOK_ALREADY_RECEIVED');
    }
    expect(await run.result({ timeoutMs: 5000 })).toEqual({ answer: winners[0] });
    expect((await errorOf(one.hooks.resume(token, 1))).name).toBe('HookAlreadyReceivedError');
  });

  it('expire: the run gets the error, and later payloads are refused (inventory 11.5)', async () => {
    const client = await world.open();
    const run = await client.start(asking('40ms'));
    const token = await tokenOf(client, run);
    expect(await run.result({ timeoutMs: 5000 })).toEqual({ error: 'HookExpiredError' });
    expect((await client.hooks.get(token)).status).toBe('expired');
    expect(await errorOf(client.hooks.resume(token, 1))).toBeInstanceOf(HookExpiredError);
    expect(await story(client, run.runId)).toEqual([
      'workflow.started',
      'hook.created hook_ask_1',
      'hook.expired hook_ask_1',
      'workflow.completed',
    ]);
  });

  it('survive a payload that arrives in the very moment of the expiry', async () => {
    let interfere: ((inner: Store) => Promise<void>) | undefined;
    const client = await world.open(
      {},
      {
        wrap: (inner) => ({
          ...inner,
          async claim(request) {
            const claims = await inner.claim(request);
            const once = interfere;
            if (claims.length > 0 && once !== undefined) {
              interfere = undefined;
              await once(inner);
            }
            return claims;
          },
        }),
      },
    );
    const before = Date.now();
    const run = await client.start(asking('60ms'));
    const token = await tokenOf(client, run);
    interfere = async (inner) => {
      // Sent in time by a process that had to wait for the disk.
      const message = { type: 'hook.received', hookId: 'hook_ask_1', payload: 'in time' } as const;
      const [result] = await inner.commit([
        { op: 'deliver', runId: run.runId, message, now: before },
      ]);
      expect(result).toMatchObject({ outcome: 'committed' });
    };
    expect(await run.result({ timeoutMs: 3000 })).toEqual({ answer: 'in time' });
    expect((await client.hooks.get(token)).status).toBe('received');
    expect(interfere).toBeUndefined();
  });

  it('check the payload by the schema that defineHook has, and stay pending', async () => {
    const approval = defineHook('approval', Answer);
    const wf = workflow({ name: 'wf' }, () => approval());
    const client = await world.open();
    const run = await client.start(wf);
    const token = await tokenOf(client, run);
    const error = await errorOf(client.hooks.resume(token, { ok: 'yes' }));
    expect(error).toMatchObject({ code: 'VALIDATION', issues: [{ path: 'ok' }] });
    expect((await client.hooks.get(token)).status).toBe('pending');
    await client.hooks.resume(token, { ok: true });
    expect(await run.result()).toEqual({ ok: true, note: 'none' });
  });

  it('check the payload by the JSON Schema the run has left, where the code is not known', async () => {
    const wf = workflow({ name: 'wf' }, () =>
      hook('inline', { schema: z.object({ ok: z.boolean(), list: z.array(z.number()) }) }),
    );
    const owner = await world.open();
    const stranger = await world.open();
    const run = await owner.start(wf);
    const token = await tokenOf(stranger, run);
    expect(await errorOf(stranger.hooks.resume(token, { ok: 1, list: ['a'] }))).toMatchObject({
      code: 'VALIDATION',
      issues: [{ path: 'ok' }, { path: expect.stringMatching(/^list/) }],
    });
    expect((await errorOf(stranger.hooks.resume(token, null))).name).toBe('ValidationError');
    expect((await stranger.hooks.get(token)).status).toBe('pending');
    await stranger.hooks.resume(token, { ok: true, list: [1] });
    expect(await run.result({ timeoutMs: 5000 })).toEqual({ ok: true, list: [1] });
  });

  it('refuse what cannot be stored, and stay pending', async () => {
    const client = await world.open();
    const run = await client.start(asking());
    const token = await tokenOf(client, run);
    const error = await errorOf(client.hooks.resume(token, { deep: { fn: () => 1 } }));
    expect(error).toMatchObject({ code: 'SERIALIZATION', path: 'deep.fn' });
    await client.hooks.resume(token, new Map([['day', new Date(0)]]));
    expect(await run.result()).toEqual({ answer: new Map([['day', new Date(0)]]) });
  });

  it('refuse wrong tokens, each with its own error', async () => {
    const client = await world.open();
    const run = await client.start(asking());
    const token = await tokenOf(client, run);
    const wrongSecret = `${token.slice(0, -3)}${token.endsWith('AAA') ? 'BBB' : 'AAA'}`;
    const cases: [string, string][] = [
      ['nonsense', 'INVALID_TOKEN'],
      ['', 'INVALID_TOKEN'],
      [run.runId, 'INVALID_TOKEN'],
      [`run_${'0'.repeat(16)}:hook_ask_1`, 'HOOK_NOT_FOUND'],
      [`${run.runId}:hook_other_1`, 'HOOK_NOT_FOUND'],
      [wrongSecret, 'HOOK_NOT_FOUND'],
      [token.slice(0, -1), 'HOOK_NOT_FOUND'],
    ];
    for (const [wrong, code] of cases) {
      expect(await errorOf(client.hooks.resume(wrong, 1)), wrong).toMatchObject({ code });
    }
    expect((await client.hooks.get(token)).status).toBe('pending');
  });

  it('hand their token to onCreated, once, as a step', async () => {
    const sent: string[] = [];
    const wf = workflow({ name: 'wf' }, () =>
      hook('ask', { onCreated: (token) => void sent.push(token) }),
    );
    const client = await world.open();
    const run = await client.start(wf);
    const token = await tokenOf(client, run);
    await until(async () => (await run.status()) === 'suspended');
    expect(sent).toEqual([token]);
    await client.hooks.resume(token, 'x');
    expect(await run.result()).toBe('x');
    expect(await story(client, run.runId)).toEqual([
      'workflow.started',
      'hook.created hook_ask_1',
      'step.started step_ask.onCreated_1#1',
      'step.completed step_ask.onCreated_1#1',
      'hook.received hook_ask_1',
      'workflow.completed',
    ]);
  });

  it('are disposed of when the run ends without them', async () => {
    const wf = workflow({ name: 'wf' }, async () => {
      void hook('never');
      await pauseStep();
      return 1;
    });
    const pauseStep = step({ name: 'pause' }, () => pause(1));
    const client = await world.open();
    const run = await client.start(wf);
    const token = await tokenOf(client, run);
    await run.result();
    expect((await client.hooks.get(token)).status).toBe('disposed');
    expect(await story(client, run.runId)).toContain('hook.disposed hook_never_1');
    expect(await errorOf(client.hooks.resume(token, 1))).toMatchObject({
      code: 'HOOK_ALREADY_RECEIVED',
      details: { status: 'disposed' },
    });
  });
});
