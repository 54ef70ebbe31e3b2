import type { ScheduleStatus } from '../../../core/schedule.ts';
import type { Cli } from '../../cli-context.ts';
import { scheduleListing } from '../../views/schedule-view.ts';

export interface ListSchedulesOptions {
  readonly workflow?: string;
  readonly status?: ScheduleStatus;
  readonly all?: true;
  readonly limit?: number;
  readonly cursor?: string;
}

export async function listSchedules(cli: Cli, options: ListSchedulesOptions): Promise<void> {
  const { workflow, status, all, cursor, limit = 20 } = options;
  const client = await cli.client();
  const page = await client.schedules.list({
    limit,
    workflowName: workflow,
    status,
    includeDeleted: all === true,
    cursor,
  });
  await cli.output.list(page.items, scheduleListing);
  if (page.nextCursor !== null) cli.output.hint(`There are more: --cursor ${page.nextCursor}`);
}
