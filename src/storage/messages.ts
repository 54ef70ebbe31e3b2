import type { InboxMessage } from './store.ts';

/** What a parked run wakes up for; everything else waits with it. */
export const ROUSING: readonly InboxMessage['type'][] = ['cancel', 'terminate', 'resume'];

/** What a run need not be admitted for: it ends by it. */
export function isEnding({ type }: Pick<InboxMessage, 'type'>): boolean {
  return type === 'cancel' || type === 'terminate';
}
