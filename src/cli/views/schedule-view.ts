import { describeSpec, specFromJson } from '../../core/calendar/spec-json.ts';
import { formatDuration } from '../../core/duration.ts';
import type { ScheduleRecord } from '../../core/schedule.ts';
import type { Column, Document, Listing } from '../output/output.ts';
import { showStatus } from '../output/status.ts';
import { clean } from '../output/text.ts';
import { isoOrNull, relative } from '../output/time.ts';
import { pretty, shown } from './run-view.ts';

const id: Column<ScheduleRecord> = {
  header: 'SCHEDULE',
  isId: true,
  value: (schedule) => clean(schedule.scheduleId),
};
const workflow: Column<ScheduleRecord> = {
  header: 'WORKFLOW',
  value: (schedule) => clean(schedule.workflowName),
};
const status: Column<ScheduleRecord> = {
  header: 'STATUS',
  value: (schedule, { style }) => showStatus(schedule.status, style),
  plain: (schedule) => schedule.status,
};
const timing: Column<ScheduleRecord> = { header: 'TIMING', value: specText };
const next: Column<ScheduleRecord> = {
  header: 'NEXT RUN',
  value: ({ nextRunAt }, { now }) => (nextRunAt === null ? '-' : relative(nextRunAt, now)),
  plain: ({ nextRunAt }) => isoOrNull(nextRunAt) ?? '',
};
const runs: Column<ScheduleRecord> = {
  header: 'RUNS',
  value: ({ statistics: { successful, total } }) => `${successful}/${total}`,
};

export const scheduleListing: Listing<ScheduleRecord> = {
  columns: [id, workflow, status, timing, next, runs],
  json: scheduleSummaryJson,
  empty: 'No schedules. Create one with: pyworkflow schedules create',
};

const moment = (header: string, of: (schedule: ScheduleRecord) => number | null) => ({
  header,
  value: (schedule: ScheduleRecord, { style, now }: Parameters<typeof next.value>[1]) => {
    const at = of(schedule);
    return at === null ? '' : `${isoOrNull(at)}  ${style.dim(relative(at, now))}`;
  },
});

export const scheduleDocument: Document<ScheduleRecord> = {
  fields: [
    { header: 'Schedule', value: id.value },
    { header: 'Workflow', value: workflow.value },
    { header: 'Status', value: status.value },
    { header: 'Timing', value: specText },
    moment('Not before', (s) => specFromJson(s.spec).startAt?.getTime() ?? null),
    moment('Not after', (s) => specFromJson(s.spec).endAt?.getTime() ?? null),
    { header: 'Jitter', value: (s) => String((s.spec as { jitter?: string }).jitter ?? '') },
    { header: 'Overlap', value: (s) => s.overlapPolicy },
    { header: 'Catch-up', value: catchUp },
    moment('Next run', (s) => s.nextRunAt),
    moment('Last run', (s) => s.lastRunAt),
    { header: 'Last run id', value: (s) => s.lastRunId ?? '' },
    { header: 'Runs', value: statistics },
    { header: 'Input', value: (s) => pretty(s.input) },
    { header: 'Tags', value: (s) => s.tags.map(clean).join(', ') },
    {
      header: 'Metadata',
      value: (s) => (Object.keys(s.metadata).length ? pretty(s.metadata) : ''),
    },
    { header: 'Defined by', value: (s) => (s.definition === null ? '' : 'the workflow’s code') },
    moment('Created', (s) => s.createdAt),
    moment('Updated', (s) => (s.updatedAt === s.createdAt ? null : s.updatedAt)),
    moment('Paused', (s) => s.pausedAt),
    moment('Deleted', (s) => s.deletedAt),
  ],
  plain: [id, workflow, status, timing, next, runs],
  json: scheduleJson,
};

export function specText({ spec }: ScheduleRecord): string {
  return clean(describeSpec(specFromJson(spec)));
}

/** The fields that every command about a schedule has in common. */
export function scheduleBriefJson(schedule: ScheduleRecord) {
  return {
    schedule_id: schedule.scheduleId,
    workflow_name: schedule.workflowName,
    status: schedule.status,
    spec: specText(schedule),
    overlap_policy: schedule.overlapPolicy,
    next_run_time: isoOrNull(schedule.nextRunAt),
  };
}

function scheduleSummaryJson(schedule: ScheduleRecord) {
  const { statistics, definition } = schedule;
  return {
    ...scheduleBriefJson(schedule),
    total_runs: statistics.total,
    successful_runs: statistics.successful,
    failed_runs: statistics.failed,
    cancelled_runs: statistics.cancelled,
    skipped_runs: statistics.skipped,
    created_at: isoOrNull(schedule.createdAt),
    updated_at: isoOrNull(schedule.updatedAt),
    last_run_at: isoOrNull(schedule.lastRunAt),
    last_run_id: schedule.lastRunId,
    catch_up_policy: schedule.catchUpPolicy,
    tags: schedule.tags,
    is_from_code: definition !== null,
  };
}

function scheduleJson(schedule: ScheduleRecord) {
  return {
    ...scheduleSummaryJson(schedule),
    spec: schedule.spec,
    spec_text: specText(schedule),
    catch_up_window_ms: schedule.catchUpWindow,
    paused_at: isoOrNull(schedule.pausedAt),
    deleted_at: isoOrNull(schedule.deletedAt),
    input: shown(schedule.input),
    metadata: schedule.metadata,
  };
}

function catchUp({ catchUpPolicy, catchUpWindow }: ScheduleRecord): string {
  const within = catchUpWindow === null ? '' : `, not older than ${formatDuration(catchUpWindow)}`;
  return `${catchUpPolicy}${within}`;
}

function statistics({ statistics: s }: ScheduleRecord): string {
  const parts = [`${s.total} in all`, `${s.successful} successful`];
  if (s.failed > 0) parts.push(`${s.failed} failed`);
  if (s.cancelled > 0) parts.push(`${s.cancelled} cancelled`);
  if (s.skipped > 0) parts.push(`${s.skipped} skipped`);
  return parts.join(', ');
}
