import type { WorkflowEvent } from '../../src/index.ts';
import type { TestEnvironment } from '../../src/testing.ts';

/** What to do to a workflow; everything it starts is compared. */
export type Script = (env: TestEnvironment) => Promise<void>;

/** How a run ended; `expected.json` holds those of all runs, the oldest first. */
export interface Outcome {
  readonly workflow: string;
  readonly status: string;
  readonly result: unknown;
  readonly error: string | null;
}

/** One run of `history.json`: frozen, it must replay for ever. */
export interface FrozenRun {
  readonly run_id: string;
  readonly workflow: string;
  readonly events: readonly WorkflowEvent[];
}

export interface Played {
  readonly outcomes: readonly Outcome[];
  readonly runs: readonly FrozenRun[];
}

/** Plays the script and gives what it left in the store. */
export async function play(env: TestEnvironment, script: Script): Promise<Played> {
  await script(env);
  const { items } = await env.client.runs.list({ limit: 1000 });
  const outcomes: Outcome[] = [];
  const runs: FrozenRun[] = [];
  for (const { runId, workflowName: workflow } of items.toReversed()) {
    const { status, result, error } = await env.client.runs.get(runId);
    outcomes.push({ workflow, status, result, error: error?.message ?? null });
    const events = await env.client.runs.events(runId);
    runs.push({ run_id: runId, workflow, events: withoutStacks(events) });
  }
  return { outcomes, runs };
}

/** Stacks hold the paths of a machine, and change with every edit. */
function withoutStacks<T>(value: T): T {
  return JSON.parse(JSON.stringify(value, (key, part) => (key === 'stack' ? '(a stack)' : part)));
}

/** What is drawn anew each time gets a name by its place: ids, secrets, tokens, random numbers. */
export function normalised(value: unknown): unknown {
  const names = new Map<string, string>();
  const named = (kind: string) => (found: string) => {
    const name = names.get(found) ?? `<${kind} ${names.size + 1}>`;
    names.set(found, name);
    return name;
  };
  const text = JSON.stringify(value)
    .replaceAll(
      /\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b/g,
      named('uuid'),
    )
    .replaceAll(/run_[0-9a-f]{16}/g, named('run'))
    .replaceAll(/(?<="secret":")[0-9a-f]{32}/g, named('secret'))
    .replaceAll(/(?<=:)[A-Za-z0-9_-]{27}(?=")/g, named('key'))
    .replaceAll(/\b0\.\d{9,}(?:e-\d+)?\b/g, (found) => JSON.stringify(named('random')(found)))
    .replaceAll(/"(?:low|high)"/g, '"low or high"');
  return JSON.parse(text);
}
