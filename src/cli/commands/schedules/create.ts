import type { CatchUpPolicy, OverlapPolicy } from '../../../core/schedule.ts';
import { getWorkflow } from '../../../workflow/registry.ts';
import type { Cli } from '../../cli-context.ts';
import { readSpec, type TimingOptions } from '../../schedule-timing.ts';
import { type InputOptions, workflowInput } from '../../workflow-input.ts';
import { reportSchedule } from './report-schedule.ts';

export interface PolicyOptions {
  readonly overlap?: OverlapPolicy;
  readonly catchUp?: CatchUpPolicy;
  readonly catchUpWindow?: string;
  readonly tag?: readonly string[];
}

export interface CreateScheduleFlags extends TimingOptions, PolicyOptions, InputOptions {
  readonly scheduleId?: string;
  readonly paused?: true;
}

export async function createSchedule(
  cli: Cli,
  workflow: string,
  options: CreateScheduleFlags,
): Promise<void> {
  const spec = readSpec(options, cli.clock.now());
  await cli.discover();
  const definition = getWorkflow(workflow);
  const input = await workflowInput(cli, definition, options, 'what is needed');
  const client = await cli.client();
  const schedule = await client.schedules.create(workflow, spec, {
    input,
    scheduleId: options.scheduleId,
    paused: options.paused,
    tags: options.tag,
    overlapPolicy: options.overlap,
    catchUp: options.catchUp,
    catchUpWindow: options.catchUpWindow,
  });
  reportSchedule(cli, schedule, `Schedule ${schedule.scheduleId} will run ${workflow}`);
  if (schedule.status === 'paused') {
    cli.output.hint(
      `It is paused; let it fire: pyworkflow schedules resume ${schedule.scheduleId}`,
    );
  } else cli.output.hint('A worker fires and runs it:  pyworkflow worker run');
}
