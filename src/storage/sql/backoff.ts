/** How long an access waits for a server that cannot be reached before it gives up, milliseconds. */
export const PATIENCE_MS = 10_000;

/** Waits, longer at each attempt and never quite the same: many who were thrown out do not meet again. */
export function backOff(attempt: number): Promise<void> {
  const most = Math.min(1000, 5 * 2 ** attempt);
  const ms = most / 2 + (Math.random() * most) / 2;
  return new Promise((resolve) => setTimeout(resolve, ms));
}
