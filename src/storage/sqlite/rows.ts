import { HOOK_FIELDS, RUN_FIELDS } from '../sql/rows.ts';
import { SCHEDULE_FIELDS } from '../sql/schedule-rows.ts';

/** A row with its number. */
export type Keyed<Row> = Row & { readonly key: number };

export const RUN_COLUMNS = `key, ${RUN_FIELDS}`;
export const HOOK_COLUMNS = `h.key, ${HOOK_FIELDS}`;
export const SCHEDULE_COLUMNS = `key, ${SCHEDULE_FIELDS}`;
