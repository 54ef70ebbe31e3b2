import { createHash, randomFillSync } from 'node:crypto';

/** `run_` and 16 hex digits. */
export function newRunId(): string {
  return `run_${randomHex(8)}`;
}

/** Who holds leases: unique per process start. */
export function newWorkerId(): string {
  return `worker_${randomHex(8)}`;
}

/** Sixteen random bytes as hex: the root of a run's hook tokens. */
export function newSecret(): string {
  return randomHex(16);
}

const MASK = (1n << 64n) - 1n;

/**
 * `evt_` and 16 hex digits, derived from the run and the position so that it needs no storage.
 * Within a run it is injective (an odd multiplier is a bijection modulo 2^64).
 */
export function eventId(runId: string, sequence: number): string {
  const digits = createHash('sha256').update(runId).digest('hex').slice(0, 16);
  const value = (BigInt(`0x${digits}`) + BigInt(sequence) * 0x9e3779b97f4a7c15n) & MASK;
  return `evt_${value.toString(16).padStart(16, '0')}`;
}

/**
 * The token of a hook: derivable by whoever knows the run's secret, so that replay gives the same
 * one, and unguessable for everybody else (160 bits of a keyed hash).
 */
export function hookToken(runId: string, hookId: string, secret: string): string {
  const key = createHash('sha256').update(`${secret}:${runId}:${hookId}`).digest('base64url');
  return `${runId}:${hookId}:${key.slice(0, 27)}`;
}

/** The id of a child's run: known to the parent's code before anything is written. */
export function childRunId(runId: string, childId: string, secret: string): string {
  const digits = createHash('sha256').update(`${secret}:${runId}:child:${childId}`).digest('hex');
  return `run_${digits.slice(0, 16)}`;
}

/**
 * The nth UUID (version 4 by its form) that a run's code draws: the same in every replay, and
 * unguessable for whoever does not know the run's secret, as users of `crypto` expect.
 */
export function runUuid(runId: string, n: number, secret: string): string {
  const hex = createHash('sha256').update(`${secret}:${runId}:uuid:${n}`).digest('hex');
  const variant = '89ab'.charAt(Number.parseInt(hex.charAt(16), 16) & 3);
  const last = hex.slice(20, 32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${last}`;
}

// Drawn in bulk: a call into the generator costs more than everything else about an id.
const pool = Buffer.alloc(4096);
let used = pool.length;

function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}
