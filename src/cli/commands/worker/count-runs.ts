import type { Client } from '../../../client/client.ts';

/** Runs counted at most of each status: beyond that, "many" is all that matters. */
export const MOST_COUNTED = 1000;

export type RunCounts = Readonly<Record<(typeof COUNTED)[number], number>>;

const COUNTED = ['pending', 'running', 'suspended', 'interrupted'] as const;

/** Unfinished runs by status, `MOST_COUNTED` at most of each. */
export async function countRuns(client: Client): Promise<RunCounts> {
  const counts = await Promise.all(
    COUNTED.map(async (status) => {
      const { items } = await client.runs.list({ statuses: [status], limit: MOST_COUNTED });
      return [status, items.length] as const;
    }),
  );
  return Object.fromEntries(counts) as RunCounts;
}
