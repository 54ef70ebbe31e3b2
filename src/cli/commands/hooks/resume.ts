import type { Client } from '../../../client/client.ts';
import { messageOf } from '../../../core/errors.ts';
import type { HookRecord } from '../../../core/hook.ts';
import type { Json } from '../../../core/json.ts';
import { askFields, jsonOrText, objectSchema } from '../../ask-fields.ts';
import type { Cli } from '../../cli-context.ts';
import { readJson, readJsonFile } from '../../read-input.ts';
import { UsageError } from '../../usage-error.ts';
import { hookToken } from '../../views/hook-view.ts';

export interface ResumeHookOptions {
  readonly payload?: string;
  readonly payloadFile?: string;
}

const INSTEAD = '--payload or --payload-file';

export async function resumeHook(
  cli: Cli,
  token: string | undefined,
  options: ResumeHookOptions,
): Promise<void> {
  const given = await payloadFromFlags(cli, options);
  await discoverSchemas(cli);
  const client = await cli.client();
  const hook = token === undefined ? await chooseHook(cli, client) : await client.hooks.get(token);
  const payload = given === undefined ? await askPayload(cli, hook) : given;
  const { runId, hookId, status } = await client.hooks.resume(token ?? hook.token, payload);
  cli.output.result({
    json: { run_id: runId, hook_id: hookId, status },
    plain: [runId, hookId, status].join('\t'),
    table: null,
  });
  cli.output.success(`Hook ${hook.name} is answered; run ${runId} goes on in a worker`);
  cli.output.hint(`Watch it:  pyworkflow runs logs ${runId} --follow`);
}

async function payloadFromFlags(cli: Cli, options: ResumeHookOptions): Promise<Json | undefined> {
  const { payload, payloadFile } = options;
  if (payload !== undefined && payloadFile !== undefined) {
    throw new UsageError('--payload and --payload-file exclude each other');
  }
  if (payload !== undefined) return readJson(cli.io, payload, '--payload');
  if (payloadFile !== undefined) return readJsonFile(cli.io, payloadFile, '--payload-file');
  return undefined;
}

/** Modules may hold stricter schemas than the store; without them the stored one still counts. */
async function discoverSchemas(cli: Cli): Promise<void> {
  const { modules } = await cli.config();
  if (modules.length === 0) return;
  await cli.discover().catch((error: unknown) => {
    cli.output.warn(`Only the stored schema is checked: ${messageOf(error)}`);
  });
}

async function chooseHook(cli: Cli, client: Client): Promise<HookRecord> {
  const { items } = await client.hooks.list({ status: 'pending', limit: 50 });
  if (items.length === 0) throw new UsageError('No hook is waiting');
  const choices = items.map((hook) => ({ name: `${hook.name}  ${hookToken(hook)}`, value: hook }));
  return cli.prompts.select('Which hook?', choices, 'the token of the hook');
}

async function askPayload(cli: Cli, hook: HookRecord): Promise<Json> {
  const schema = objectSchema(hook.payloadSchema);
  if (schema !== null) return askFields(cli.prompts, schema, {}, () => INSTEAD);
  const answer = await cli.prompts.text('Payload (JSON or text, empty for none):', {
    instead: INSTEAD,
  });
  return answer === '' ? null : jsonOrText(answer);
}
