/** Entries of a schedule's log that are kept. */
export const LOG_KEPT = 1_000;
