import type { Client } from '../../client/client.ts';
import { isoTime } from '../../core/clock.ts';
import { isFinished, type RunSummary } from '../../core/run.ts';
import { clean } from '../output/text.ts';
import { relative } from '../output/time.ts';
import { errorHint, errorLine } from '../views/run-view.ts';
import { explainParked } from './explain-parked.ts';
import { explainWaits } from './explain-waits.ts';
import { explainWorkers } from './explain-workers.ts';
import type { Finding } from './finding.ts';
import { gatherFacts, type RunFacts } from './run-facts.ts';

/** Children of children of children: deeper than that nobody reads in one line. */
const DEEPEST = 3;

/** Why a run is where it is, the most telling reason first. */
export async function explainRun(
  client: Client,
  run: RunSummary,
  now: number,
  depth = 0,
): Promise<readonly Finding[]> {
  const facts = await gatherFacts(client, run, now);
  const { open } = facts;
  if (isFinished(run.status)) return [finished(run, now)];
  if (run.status === 'interrupted') return [explainParked(run, open.interruption)];
  const found = [
    ...cancelling(facts),
    ...gates(facts),
    ...(await children(client, facts, depth)),
    ...explainWaits(run.runId, open, now),
    ...(facts.gates.some(({ held }) => !held) ? [] : explainWorkers(facts)),
    ...deadline(facts),
  ];
  if (found.length > 0) return found;
  const message = 'Nothing that is recorded keeps it: it is about to go on';
  return [
    { kind: 'nothing', tone: 'fine', message, commands: [`pyworkflow runs logs ${run.runId}`] },
  ];
}

function finished(run: RunSummary, now: number): Finding {
  const { runId, status, error, completedAt, continuedToRunId } = run;
  const when = completedAt === null ? '' : ` ${relative(completedAt, now)}`;
  if (status === 'failed') {
    const hint = errorHint(error);
    return {
      kind: 'failed',
      tone: 'trouble',
      message: `It failed${when}${error === null ? '' : `: ${errorLine(error)}`}`,
      details: hint === undefined ? [] : [hint],
      commands: [`pyworkflow runs fork ${runId}`, `pyworkflow runs logs ${runId} --filter failed`],
    };
  }
  if (status === 'continued_as_new' && continuedToRunId !== null) {
    return {
      kind: 'continued',
      tone: 'fine',
      message: `It goes on as ${continuedToRunId}`,
      commands: [`pyworkflow runs explain ${continuedToRunId}`],
    };
  }
  const how = status === 'cancelled' ? 'was cancelled' : 'has completed';
  return {
    kind: status,
    tone: 'fine',
    message: `It ${how}${when}`,
    commands: [`pyworkflow runs status ${runId}`],
  };
}

function cancelling({ run, open, now }: RunFacts): readonly Finding[] {
  if (open.cancellation === null) return [];
  const { reason, requested_by } = open.cancellation.data;
  const asked = relative(open.cancellation.timestamp, now);
  return [
    {
      kind: 'cancelling',
      tone: 'wait',
      message: `It was asked to stop ${asked} by ${clean(requested_by)}${reason === null ? '' : `: ${clean(reason)}`}`,
      details: [
        open.steps.length > 0
          ? 'A step still runs: does it listen to getContext().signal?'
          : 'Its code cleans up, or has caught the CancellationError and goes on.',
      ],
      commands: [`pyworkflow runs wait ${run.runId}`, `pyworkflow runs logs ${run.runId} --follow`],
    },
  ];
}

function gates({ gates }: RunFacts): readonly Finding[] {
  return gates
    .filter(({ held }) => !held)
    .map(({ name, limit, holders, waiting, heldBy }) => {
      const ahead = waiting > 1 ? `; ${waiting} wait in all` : '';
      const [first] = heldBy;
      return {
        kind: 'gate',
        tone: 'wait' as const,
        message: `It waits at the gate ${clean(name)}: ${holders} of ${limit} places taken${ahead}`,
        details: heldBy.map((runId) => `behind  ${runId}`),
        commands:
          first === undefined
            ? []
            : [`pyworkflow runs explain ${first}`, `pyworkflow runs wait ${first}`],
      };
    });
}

async function children(
  client: Client,
  { open, now }: RunFacts,
  depth: number,
): Promise<Finding[]> {
  return Promise.all(
    open.children.map(async ({ data }) => {
      const child = await client.runs.get(data.child_run_id);
      const chain =
        child.continuedToRunId === null ? [child] : await client.runs.chain(child.runId);
      const last = chain.at(-1) ?? child;
      const why = depth < DEEPEST ? (await explainRun(client, last, now, depth + 1))[0] : undefined;
      return {
        kind: 'child',
        tone: 'wait' as const,
        message: `It waits for its child ${clean(data.child_workflow_name)} ${last.runId}, which is ${last.status}`,
        details: why === undefined ? [] : [`the child: ${why.message}`],
        commands: [`pyworkflow runs explain ${last.runId}`, ...(why?.commands.slice(0, 1) ?? [])],
      };
    }),
  );
}

function deadline({ run, now }: RunFacts): readonly Finding[] {
  const { maxDuration, startedAt } = run;
  if (maxDuration === null || startedAt === null) return [];
  const at = startedAt + maxDuration;
  const message = `It fails unless it has ended by ${isoTime(at)} (${relative(at, now)}, its maxDuration)`;
  return [{ kind: 'deadline', tone: at <= now ? 'trouble' : 'fine', message, commands: [] }];
}
