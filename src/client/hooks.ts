import { timingSafeEqual } from 'node:crypto';
import {
  HookAlreadyReceivedError,
  HookExpiredError,
  HookNotFoundError,
  InvalidTokenError,
} from '../core/errors.ts';
import type { HookRecord } from '../core/hook.ts';
import type { Executor } from '../executor/executor.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { getHookDefinition } from '../workflow/registry.ts';
import { validate } from '../workflow/schema.ts';
import type { HooksClient } from './client.ts';
import { validateJson } from './json-schema.ts';

export function createHooksClient(
  { store, commits, clock }: Executor,
  runtime: Runtime,
): HooksClient {
  async function get(token: string): Promise<HookRecord> {
    const { runId, hookId, secret } = parseToken(token);
    const hook = await store.getHook(runId, hookId);
    if (hook === null || (secret !== null && !sameText(hook.token, token)))
      throw new HookNotFoundError(token);
    return hook;
  }

  return {
    get,
    list: (filter = {}) => store.listHooks({ limit: 100, ...filter }),
    async resume(token, payload) {
      const hook = await get(token);
      refuseUnlessPending(hook, clock.now());
      const value = await checkPayload(hook, payload);
      const { encode } = await import('../core/codec.ts');
      const result = await commits.submit({
        op: 'deliver',
        runId: hook.runId,
        message: { type: 'hook.received', hookId: hook.hookId, payload: encode(value) },
        now: clock.now(),
      });
      if (result.outcome === 'not_found') throw new HookNotFoundError(token);
      if (result.outcome === 'refused') throw refusal(hook.hookId, result.status);
      runtime.notify();
      return { runId: hook.runId, hookId: hook.hookId, status: 'resumed' };
    },
  };
}

/** `run_id:hook_id`, or with `:secret` behind. The hook's id may hold colons, run ids do not. */
function parseToken(token: string): { runId: string; hookId: string; secret: string | null } {
  const match = /^(run_[0-9a-f]+):(hook_.+?)(?::([A-Za-z0-9_-]{27}))?$/.exec(token);
  if (match?.[1] === undefined || match[2] === undefined) throw new InvalidTokenError(token);
  return { runId: match[1], hookId: match[2], secret: match[3] ?? null };
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function refuseUnlessPending(hook: HookRecord, now: number): void {
  if (hook.status !== 'pending') throw refusal(hook.hookId, hook.status);
  if (hook.expiresAt !== null && hook.expiresAt <= now) throw new HookExpiredError(hook.hookId);
}

function refusal(hookId: string, status: string): Error {
  return status === 'expired'
    ? new HookExpiredError(hookId)
    : new HookAlreadyReceivedError(hookId, status);
}

/** By the schema this program has for the hook, else by the JSON Schema its run has left. */
async function checkPayload(hook: HookRecord, payload: unknown): Promise<unknown> {
  const what = `The payload of hook '${hook.name}' does not fit`;
  const schema = getHookDefinition(hook.name)?.schema;
  if (schema !== undefined) return validate(schema, payload, what);
  if (hook.payloadSchema !== null) await validateJson(hook.payloadSchema, payload, what);
  return payload;
}
