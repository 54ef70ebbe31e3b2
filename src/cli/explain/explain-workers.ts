import { formatDuration } from '../../core/duration.ts';
import { clean } from '../output/text.ts';
import type { Finding } from './finding.ts';
import type { RunFacts } from './run-facts.ts';

/** A free worker takes a run in far less: whoever waits for longer waits for something. */
const PATIENCE_MS = 10_000;

/** Whether anybody is there to do what the run wants done. */
export function explainWorkers(facts: RunFacts): readonly Finding[] {
  const { run, workers, now } = facts;
  const alive = workers.filter(({ isAlive }) => isAlive);
  if (run.status === 'running') return [leaseOf(facts)];
  const due = dueSince(facts);
  if (due === null) {
    if (alive.length > 0 || run.status !== 'suspended') return [];
    return [
      {
        kind: 'no_worker',
        tone: 'trouble',
        message: 'No worker is alive: nobody will wake it when its time comes',
        commands: ['pyworkflow worker run'],
      },
    ];
  }
  const waited = now - due;
  if (alive.length === 0) {
    return [
      {
        kind: 'no_worker',
        tone: 'trouble',
        message: `It is ready since ${formatDuration(waited)}, and no worker is alive`,
        details: silent(facts),
        commands: ['pyworkflow worker run'],
      },
    ];
  }
  const names = alive.map(({ name }) => clean(name)).join(', ');
  if (waited < PATIENCE_MS) {
    return [
      { kind: 'worker', tone: 'fine', message: `It is ready for a worker: ${names}`, commands: [] },
    ];
  }
  return [
    {
      kind: 'worker_busy_or_unaware',
      tone: 'trouble',
      message: `It is ready since ${formatDuration(waited)}, and no worker takes it`,
      details: [
        `alive  ${names}`,
        `They are busy, or do not serve ${clean(run.workflowName)} (--workflow, or another module).`,
      ],
      commands: [
        'pyworkflow worker status',
        `pyworkflow worker run --workflow ${clean(run.workflowName)}`,
      ],
    },
  ];
}

/** Since when a worker could go on with it, or null if it waits for something else. */
function dueSince({ run, open, now }: RunFacts): number | null {
  if (run.status === 'pending') return run.createdAt;
  if (run.status !== 'suspended') return null;
  const times = [
    ...open.sleeps.map(({ data }) => data.resume_at),
    ...open.steps.flatMap(({ waits }) => waits?.data.resume_at ?? []),
    ...open.hooks.flatMap(({ data }) => data.expires_at ?? []),
  ];
  const earliest = Math.min(...times.map((time) => Date.parse(time)));
  return earliest <= now ? earliest : null;
}

function leaseOf(facts: RunFacts): Finding {
  const { workers, lastEvent, now } = facts;
  const alive = workers.filter(({ isAlive }) => isAlive);
  const age =
    lastEvent === null ? '' : `, last event ${formatDuration(now - lastEvent.timestamp)} ago`;
  const [only] = alive;
  if (only === undefined) {
    return {
      kind: 'lease_stale',
      tone: 'trouble',
      message: `Its worker is gone${age}: the next worker takes it over where it was`,
      details: silent(facts),
      commands: ['pyworkflow worker run'],
    };
  }
  const holder =
    alive.length === 1
      ? `worker ${clean(only.name)}${leaseText(only.expiresAt, now)}`
      : `one of ${alive.map(({ name }) => clean(name)).join(', ')}`;
  return {
    kind: 'lease',
    tone: 'fine',
    message: `It is held by ${holder}${age}`,
    details: silent(facts),
    commands: [],
  };
}

/** Nothing about one without an end, as a memory store has: it dies with its process. */
function leaseText(expiresAt: number, now: number): string {
  const left = expiresAt - now;
  return left > 86_400_000 ? '' : `, lease for another ${formatDuration(left)}`;
}

/** Workers that have not said goodbye and are not heard of any more. */
function silent({ workers, now }: RunFacts): readonly string[] {
  return workers
    .filter(({ isAlive }) => !isAlive)
    .slice(-3)
    .map(
      ({ name, host, pid, expiresAt }) =>
        `silent  ${clean(name)} (${clean(host)}, pid ${pid}): its leases ran out ${formatDuration(now - expiresAt)} ago`,
    );
}
