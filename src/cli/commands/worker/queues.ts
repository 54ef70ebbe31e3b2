import type { Cli } from '../../cli-context.ts';
import type { Listing } from '../../output/output.ts';
import { countRuns, MOST_COUNTED } from './count-runs.ts';

interface Queue {
  readonly name: string;
  readonly purpose: string;
  readonly due: number;
  readonly active: number;
  readonly waiting: number;
}

/** The four queues of the contract, as the local runtime fills them: by what the store says. */
export async function showQueues(cli: Cli): Promise<void> {
  const client = await cli.client();
  const now = cli.clock.now();
  const [runs, schedules] = await Promise.all([
    countRuns(client),
    client.schedules.list({ status: 'active', limit: MOST_COUNTED }),
  ]);
  const isDue = schedules.items.filter(({ nextRunAt }) => nextRunAt !== null && nextRunAt <= now);
  const scheduled = schedules.items.filter(
    ({ nextRunAt }) => nextRunAt !== null && nextRunAt > now,
  );
  const nothing = { due: 0, active: 0, waiting: 0 };
  const queues: readonly Queue[] = [
    {
      name: 'pyworkflow.workflows',
      purpose: 'runs to start and to go on with',
      due: runs.pending,
      active: runs.running,
      waiting: runs.suspended,
    },
    { name: 'pyworkflow.steps', purpose: 'steps: executed with their run', ...nothing },
    {
      name: 'pyworkflow.schedules',
      purpose: 'schedules to fire',
      ...nothing,
      due: isDue.length,
      waiting: scheduled.length,
    },
    { name: 'pyworkflow.default', purpose: 'everything else', ...nothing },
  ];
  await cli.output.list(queues, listing);
  if (runs.interrupted > 0) {
    cli.output.hint(`${runs.interrupted} parked: pyworkflow runs list --status interrupted`);
  }
}

const number = (header: string, of: (queue: Queue) => number) => ({
  header,
  value: (queue: Queue) => (of(queue) >= MOST_COUNTED ? `${MOST_COUNTED}+` : String(of(queue))),
});

const listing: Listing<Queue> = {
  columns: [
    { header: 'QUEUE', isId: true, value: ({ name }) => name },
    number('DUE', ({ due }) => due),
    number('ACTIVE', ({ active }) => active),
    number('WAITING', ({ waiting }) => waiting),
    { header: 'PURPOSE', value: ({ purpose }) => purpose },
  ],
  json: ({ name, purpose, due, active, waiting }) => {
    return { name, purpose, routing_key: name, due, active, waiting };
  },
  empty: '',
};
