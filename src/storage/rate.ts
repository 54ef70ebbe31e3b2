import type { ReserveRequest } from './store.ts';

export interface BookedPlace {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Whoever booked it had to wait for it. */
  readonly queued: boolean;
}

/**
 * The next place under a rate limit. Places are given in order; each is at least a period away from
 * the one `limit` places before it, so that no period ever holds more than `limit`; and those that
 * have to be waited for are spread evenly.
 * @param last the place given last
 * @param earlier the place given `limit - 1` before the last
 */
export function nextPlace(
  { limit, periodMs, now }: ReserveRequest,
  last: BookedPlace | undefined,
  earlier: BookedPlace | undefined,
): BookedPlace {
  if (last === undefined) return { at: now, queued: false };
  // After the last one even for a clock that is behind.
  const soonest = Math.max(now, last.at);
  const allowed = earlier === undefined ? soonest : Math.max(soonest, earlier.at + periodMs);
  const queued = allowed > soonest || (last.queued && last.at > now);
  const spaced = last.at + Math.floor(periodMs / limit);
  return { at: queued ? Math.max(allowed, spaced) : soonest, queued };
}
