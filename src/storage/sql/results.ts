import type { WriteResult } from '../commit.ts';

export const COMMITTED: WriteResult = { outcome: 'committed' };
export const CONFLICT: WriteResult = { outcome: 'conflict' };
export const LEASE_LOST: WriteResult = { outcome: 'lease_lost' };
export const RELEASED: WriteResult = { outcome: 'committed', released: true };
export const NOT_RELEASED: WriteResult = { outcome: 'committed', released: false };
