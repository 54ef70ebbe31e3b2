import type { Command } from 'commander';
import { CATCH_UP_POLICIES, OVERLAP_POLICIES, SCHEDULE_STATUSES } from '../../../core/schedule.ts';
import { gather } from '../../options.ts';
import { oneOf, wholeNumber } from '../../parse-option.ts';
import type { Action } from '../../program.ts';
import type { BackfillFlags } from './backfill.ts';
import type { CreateScheduleFlags } from './create.ts';
import type { DeleteScheduleFlags } from './delete.ts';
import type { ExplainScheduleFlags } from './explain.ts';
import type { ListSchedulesOptions } from './list.ts';
import type { ScheduleLogFlags } from './logs.ts';
import type { PreviewFlags } from './preview.ts';
import type { UpdateScheduleFlags } from './update.ts';

const ID = 'id of the schedule, the beginning of one, or `latest`';
const OVERLAP = `while an earlier run is active: ${OVERLAP_POLICIES.join(', ')}`;

export function defineSchedules(schedules: Command, action: Action): void {
  const verb = (name: string, about: string, example: string) =>
    schedules
      .command(name)
      .description(about)
      .addHelpText('after', `\nExample:\n  pyworkflow schedules ${example}`);

  verb('list', 'schedules, newest first', 'list --status active')
    .option('--workflow <name>', 'of this workflow')
    .option('--status <status>', `one of ${SCHEDULE_STATUSES.join(', ')}`, oneOf(SCHEDULE_STATUSES))
    .option('--all', 'deleted ones too')
    .option('--limit <number>', 'at most so many; 20 if left out', wholeNumber(1))
    .option('--cursor <cursor>', 'where the last page ended')
    .action(
      action(async (cli, options: ListSchedulesOptions) =>
        (await import('./list.ts')).listSchedules(cli, options),
      ),
    );

  policies(
    timing(
      verb(
        'create',
        'run a workflow by the clock',
        "create sendReport --cron '0 9 * * 1-5' --arg team=sales",
      ).argument('<workflow>'),
    ),
  )
    .option('--schedule-id <id>', 'default: sched_ and 12 digits')
    .option('--catch-up-window <duration>', 'what was missed by more is not made up for')
    .option('--paused', 'fires only once it is resumed')
    .action(
      action(async (cli, workflow: string, options: CreateScheduleFlags) =>
        (await import('./create.ts')).createSchedule(cli, workflow, options),
      ),
    );

  verb('show', 'one schedule: timing, policies, statistics', 'show latest')
    .argument('<id>', ID)
    .action(action(async (cli, id: string) => (await import('./show.ts')).showSchedule(cli, id)));

  policies(
    timing(
      verb(
        'update',
        'change a schedule; what is not mentioned stays',
        'update sched_1f2e --interval 30m --no-jitter',
      ).argument('<id>', ID),
    )
      .option('--no-start', 'take its beginning away')
      .option('--no-end', 'take its end away')
      .option('--no-jitter', 'take its jitter away'),
  )
    .option('--catch-up-window <duration>', 'what was missed by more is not made up for')
    .option('--no-catch-up-window', 'make up for everything missed')
    .action(
      action(async (cli, id: string, options: UpdateScheduleFlags) =>
        (await import('./update.ts')).updateSchedule(cli, id, options),
      ),
    );

  verb('pause', 'fire nothing until it is resumed', "pause sched_1f2e --reason 'end of the year'")
    .argument('<id>', ID)
    .option('--reason <text>', 'kept in its log')
    .action(
      action(async (cli, id: string, options: { reason?: string }) =>
        (await import('./change-status.ts')).pauseSchedule(cli, id, options),
      ),
    );

  verb('resume', 'fire again, from now on', 'resume sched_1f2e')
    .argument('<id>', ID)
    .action(
      action(async (cli, id: string) =>
        (await import('./change-status.ts')).resumeSchedule(cli, id),
      ),
    );

  verb('delete', 'end a schedule for good; its runs and its log stay', 'delete sched_1f2e --force')
    .argument('<id>', ID)
    .option('--force', 'do not ask')
    .option('--reason <text>', 'kept in its log')
    .action(
      action(async (cli, id: string, options: DeleteScheduleFlags) =>
        (await import('./delete.ts')).deleteSchedule(cli, id, options),
      ),
    );

  verb('trigger', 'start a run of it now, whatever its timing', 'trigger sched_1f2e')
    .argument('<id>', ID)
    .option('--overlap <policy>', `${OVERLAP}; allow_all if left out`, oneOf(OVERLAP_POLICIES))
    .action(
      action(async (cli, id: string, options: { overlap?: (typeof OVERLAP_POLICIES)[number] }) =>
        (await import('./trigger.ts')).triggerSchedule(cli, id, options),
      ),
    );

  verb(
    'backfill',
    'start a run for every past time that has none',
    'backfill sched_1f2e --start 2026-11-01 --end 2026-11-08 --dry-run',
  )
    .argument('<id>', ID)
    .requiredOption('--start <time>', 'from: 7d (ago), a date or a time, UTC')
    .requiredOption('--end <time>', 'before: 1h (ago), a date or a time, UTC')
    .option('--overlap <policy>', `${OVERLAP}; allow_all if left out`, oneOf(OVERLAP_POLICIES))
    .option('--limit <number>', 'refuse more than so many; 1000 if left out', wholeNumber(1))
    .option('--dry-run', 'only list the times')
    .action(
      action(async (cli, id: string, options: BackfillFlags) =>
        (await import('./backfill.ts')).backfillSchedule(cli, id, options),
      ),
    );

  timing(
    verb(
      'preview',
      'the next times of a schedule, or of a timing; changes of the clocks are marked',
      "preview --cron '30 2 * * *' --timezone America/New_York --count 5",
    ).argument('[id]', ID),
  )
    .option('--count <number>', 'so many; 10 if left out', wholeNumber(1))
    .action(
      action(async (cli, id: string | undefined, options: PreviewFlags) =>
        (await import('./preview.ts')).previewSchedule(cli, id, options),
      ),
    );

  verb(
    'explain',
    'why did it not run at nine? what became of its last times, and what is in the way',
    'explain sched_1f2e --at 2026-11-22T09:00',
  )
    .argument('<id>', ID)
    .option('--at <time>', 'the time in question, on the clocks of the schedule; or 3h (ago)')
    .option('--count <number>', 'so many past times; 10 if left out', wholeNumber(1))
    .action(
      action(async (cli, id: string, options: ExplainScheduleFlags) =>
        (await import('./explain.ts')).explainSchedule(cli, id, options),
      ),
    );

  verb('logs', 'what has become of a schedule, in order', 'logs sched_1f2e --filter skipped')
    .argument('<id>', ID)
    .option('--filter <text>', 'entries whose type contains this; may be repeated', gather)
    .option('--limit <number>', 'only the last so many', wholeNumber(1))
    .action(
      action(async (cli, id: string, options: ScheduleLogFlags) =>
        (await import('./logs.ts')).showScheduleLog(cli, id, options),
      ),
    );
}

function timing(command: Command): Command {
  return command
    .option('--cron <pattern>', 'five fields, or six with seconds first')
    .option('--interval <duration>', 'every 30s, 15m, 1d, …')
    .option('--calendar <fields>', 'at=09:30,weekday=mon or JSON; may be repeated', gather)
    .option('--at <time>', 'once: a time, or 2h (from now)')
    .option('--timezone <name>', 'IANA name; UTC if left out')
    .option('--start <time>', 'not before')
    .option('--end <time>', 'not at or after')
    .option('--jitter <duration>', 'fire up to this much later');
}

function policies(command: Command): Command {
  return command
    .option('--overlap <policy>', OVERLAP, oneOf(OVERLAP_POLICIES))
    .option(
      '--catch-up <policy>',
      `what was missed while no scheduler ran: ${CATCH_UP_POLICIES.join(', ')}`,
      oneOf(CATCH_UP_POLICIES),
    )
    .option('--arg <name=value>', 'one field of the input; the value is JSON or text', gather)
    .option('--input <json>', 'the whole input: JSON, @file, or - for stdin')
    .option('--tag <tag>', 'of its runs; may be repeated', gather);
}
