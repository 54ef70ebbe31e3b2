import { PyWorkflowError } from './pyworkflow-error.ts';

export class ScheduleNotFoundError extends PyWorkflowError {
  readonly scheduleId: string;
  /** @param deleted there was one. */
  constructor(scheduleId: string, deleted = false) {
    super(
      'SCHEDULE_NOT_FOUND',
      deleted
        ? `Schedule '${scheduleId}' has been deleted`
        : `There is no schedule '${scheduleId}'`,
      {
        details: { schedule_id: scheduleId, deleted },
        hint: deleted
          ? `Create it anew: pyworkflow schedules create … --schedule-id ${scheduleId}`
          : 'List the schedules of this store with: pyworkflow schedules list',
      },
    );
    this.scheduleId = scheduleId;
  }
}

export class ScheduleExistsError extends PyWorkflowError {
  readonly scheduleId: string;
  constructor(scheduleId: string) {
    super('SCHEDULE_EXISTS', `There is a schedule '${scheduleId}' already`, {
      details: { schedule_id: scheduleId },
      hint: `Change it (pyworkflow schedules update ${scheduleId} …), delete it, or choose another id.`,
    });
    this.scheduleId = scheduleId;
  }
}
