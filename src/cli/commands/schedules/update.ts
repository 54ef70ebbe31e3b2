import { getWorkflow, hasWorkflow } from '../../../workflow/registry.ts';
import type { Cli } from '../../cli-context.ts';
import { discoverIfConfigured } from '../../discover-if-configured.ts';
import { findSchedule } from '../../find-schedule.ts';
import { parseArgs, readJson } from '../../read-input.ts';
import { hasTiming, readTiming, type TimingOptions } from '../../schedule-timing.ts';
import { UsageError } from '../../usage-error.ts';
import { type InputOptions, workflowInput } from '../../workflow-input.ts';
import type { PolicyOptions } from './create.ts';
import { reportSchedule } from './report-schedule.ts';

export interface UpdateScheduleFlags
  extends TimingOptions,
    Omit<PolicyOptions, 'catchUpWindow'>,
    InputOptions {
  readonly catchUpWindow?: string | false;
}

/** What no flag mentions stays as it is. */
export async function updateSchedule(
  cli: Cli,
  id: string,
  options: UpdateScheduleFlags,
): Promise<void> {
  const { overlap, catchUp, catchUpWindow, tag } = options;
  const hasInput = options.arg !== undefined || options.input !== undefined;
  const policies = [overlap, catchUp, catchUpWindow, tag];
  if (!hasTiming(options) && !hasInput && policies.every((value) => value === undefined)) {
    throw new UsageError(
      'There is nothing to change',
      'Give at least one of --cron, --interval, --calendar, --at, --timezone, --start, --end, --jitter, --overlap, --catch-up, --arg, --input, --tag',
    );
  }
  await discoverIfConfigured(cli);
  const client = await cli.client();
  const { scheduleId, workflowName, spec } = await findSchedule(client, id);
  const zone = (spec as { timezone?: string }).timezone;
  const schedule = await client.schedules.update(scheduleId, {
    spec: hasTiming(options) ? readTiming(options, cli.clock.now(), zone) : undefined,
    overlapPolicy: overlap,
    catchUp,
    catchUpWindow: catchUpWindow === false ? null : catchUpWindow,
    tags: tag,
    ...(hasInput && { input: await inputFor(cli, workflowName, options) }),
  });
  reportSchedule(cli, schedule, `Schedule ${scheduleId} is changed`);
}

/** Where the workflow is not known here, the input is taken as it is. */
async function inputFor(cli: Cli, workflow: string, options: InputOptions) {
  if (hasWorkflow(workflow)) {
    return workflowInput(cli, getWorkflow(workflow), options, 'what is needed');
  }
  const whole = options.input === undefined ? {} : await readJson(cli.io, options.input, '--input');
  return options.arg === undefined ? whole : { ...(whole as object), ...parseArgs(options.arg) };
}
