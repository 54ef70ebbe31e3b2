import type { Client } from '../client/client.ts';
import { PyWorkflowError } from '../core/errors.ts';
import type { ScheduleRecord } from '../core/schedule.ts';

/** Schedules looked at for one whose id begins with what was typed. */
const MOST = 1000;

/**
 * The schedule of that id, of an id that begins so, or the newest for `latest`. A deleted one needs
 * its whole id.
 * @throws ScheduleNotFoundError; PyWorkflowError `AMBIGUOUS_ID`
 */
export async function findSchedule(client: Client, id: string): Promise<ScheduleRecord> {
  const missing = await client.schedules.get(id).catch((error: unknown) => {
    if (PyWorkflowError.is(error, 'SCHEDULE_NOT_FOUND')) return error;
    throw error;
  });
  if (!PyWorkflowError.is(missing)) return missing;
  const wanted = id === 'latest' ? '' : id;
  const { items } = await client.schedules.list({ limit: wanted === '' ? 1 : MOST });
  const [first, ...others] = items.filter(({ scheduleId }) => scheduleId.startsWith(wanted));
  if (first === undefined) throw missing;
  if (others.length === 0) return first;
  const candidates = [first, ...others].slice(0, 6).map(({ scheduleId }) => scheduleId);
  throw new PyWorkflowError(
    'AMBIGUOUS_ID',
    `'${id}' fits more than one schedule: ${candidates.join(', ')}`,
    { details: { prefix: id, candidates }, hint: 'Give more of the id.' },
  );
}
