import type { Command } from 'commander';
import type { StartOptions } from '../../../client/client.ts';
import { encodeError } from '../../../core/error-codec.ts';
import { PyWorkflowError } from '../../../core/errors.ts';
import type { Json } from '../../../core/json.ts';
import { getWorkflow } from '../../../workflow/registry.ts';
import { jsonSchemaOf } from '../../../workflow/schema.ts';
import type { WorkflowDefinition } from '../../../workflow/workflow-definition.ts';
import { objectSchema } from '../../ask-fields.ts';
import { chooseWorkflow } from '../../choose-workflow.ts';
import type { Cli } from '../../cli-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { followRun } from '../../follow/follow-run.ts';
import { milliseconds } from '../../parse-time.ts';
import { parseTypedFlags, type TypedFlag, typedFlags } from '../../typed-flags.ts';
import { UsageError } from '../../usage-error.ts';
import { errorJson, errorLine, pretty } from '../../views/run-view.ts';
import { workflowInput } from '../../workflow-input.ts';

export interface RunWorkflowOptions {
  readonly arg?: readonly string[];
  readonly input?: string;
  readonly idempotencyKey?: string;
  readonly durable: boolean;
  readonly wait: boolean;
  readonly detach?: true;
  readonly timeout?: string;
  readonly help?: true;
}

export async function runWorkflow(
  cli: Cli,
  command: Command,
  name: string | undefined,
  flags: readonly string[],
  options: RunWorkflowOptions,
): Promise<number> {
  if (options.help === true) return printHelp(cli, command, name);
  if (name?.startsWith('-')) {
    throw new UsageError(
      `unknown option '${name}'`,
      'Name the workflow before the flags of its input',
    );
  }
  const isDetached = options.detach === true || !options.wait;
  if (isDetached && !options.durable) {
    throw new UsageError(
      '--no-durable has no store to leave the run in',
      'Drop --detach or --no-durable',
    );
  }
  const timeoutMs = milliseconds('--timeout', options.timeout);
  await cli.discover();
  const definition = await chooseWorkflow(cli, name);
  const asking = name === undefined ? 'everything' : 'what is needed';
  const fields = readFlags(command, definition, flags);
  const input = await workflowInput(cli, definition, { ...options, fields }, asking);
  const isDurable = options.durable && (definition.durable ?? (await cli.config()).durable);
  if (!isDurable && !isDetached) return runTransient(cli, definition, input);

  const client = await cli.client();
  const run = await client.start(definition.name, input, startOptions(options, isDetached));
  if (run.alreadyStarted) cli.output.info(`This key was used before: it is run ${run.runId}.`);
  if (!isDetached) return followRun(cli, run.runId, { timeoutMs });
  await reportDetached(cli, run.runId, definition.name, await run.status());
  return EXIT.done;
}

/** @throws CommanderError for a flag that is no field, UsageError where there are none */
function readFlags(command: Command, definition: WorkflowDefinition, flags: readonly string[]) {
  if (flags.length === 0) return {};
  const known = inputFlags(command, definition);
  const [first = ''] = flags;
  if (known.length === 0) {
    const field = first
      .replace(/^-+/, '')
      .replace(/-(.)/g, (_, next: string) => next.toUpperCase());
    throw new UsageError(
      `unknown option '${first}'`,
      `'${definition.name}' has no input schema that would give it flags. Use --arg ${field.split('=', 1)[0]}=… or --input`,
    );
  }
  return parseTypedFlags(flags, known);
}

function inputFlags(command: Command, { name, input }: WorkflowDefinition): readonly TypedFlag[] {
  const schema = objectSchema(jsonSchemaOf(input));
  if (schema === null) return [];
  const others = [...command.options, ...(command.parent?.parent?.options ?? [])];
  const taken = others.flatMap(({ long }) => long ?? []);
  return typedFlags(schema, `Input of ${name}:`, taken);
}

async function printHelp(cli: Cli, command: Command, name: string | undefined): Promise<number> {
  if (name !== undefined && !name.startsWith('-')) {
    await cli.discover();
    for (const { options } of inputFlags(command, getWorkflow(name))) {
      for (const option of options) command.addOption(option);
    }
  }
  command.outputHelp();
  return EXIT.done;
}

function startOptions(options: RunWorkflowOptions, detach: boolean): StartOptions {
  const { idempotencyKey } = options;
  return { detach, ...(idempotencyKey !== undefined && { idempotencyKey }) };
}

async function reportDetached(cli: Cli, runId: string, workflow: string, status: string) {
  const { runtime } = await cli.config();
  cli.output.result({
    json: { run_id: runId, workflow_name: workflow, runtime, status, result: null, error: null },
    plain: [runId, status, ''].join('\t'),
    table: runId,
  });
  cli.output.success(`${workflow} is recorded; a worker will run it`);
  cli.output.hint('Start one:   pyworkflow worker run');
  cli.output.hint(`Look at it:  pyworkflow runs status ${runId}`);
}

/** Without a store there is no record to follow: only a result. */
async function runTransient(cli: Cli, { name }: WorkflowDefinition, input: Json | undefined) {
  const { runtime } = await cli.config();
  const { output } = cli;
  const client = await cli.client();
  const run = await client.start(name, input, { durable: false });
  const document = { run_id: run.runId, workflow_name: name, runtime };
  try {
    const result = ((await run.result({ signal: cli.signal })) ?? null) as Json;
    output.result({
      json: { ...document, status: 'completed', result, error: null },
      plain: [run.runId, 'completed', JSON.stringify(result)].join('\t'),
      table: pretty(result) || null,
    });
    return EXIT.done;
  } catch (thrown) {
    const isCancelled = PyWorkflowError.is(thrown, 'CANCELLED');
    if (!isCancelled && !PyWorkflowError.is(thrown, 'RUN_FAILED')) throw thrown;
    const status = isCancelled ? 'cancelled' : 'failed';
    const error = encodeError(thrown.cause ?? thrown);
    output.result({
      json: { ...document, status, result: null, error: errorJson(error) },
      plain: [run.runId, status, errorLine(error)].join('\t'),
      table: null,
    });
    if (output.format !== 'json')
      output.error(`${name} ${isCancelled ? 'was cancelled' : 'failed'}\n  ${errorLine(error)}`);
    return isCancelled ? EXIT.cancelled : EXIT.failed;
  }
}
