import { createHash } from 'node:crypto';

/** Over so many partitions each list of all runs, free timers and ready runs is spread. */
export const SHARDS = 4;

/** The sort key of an item that changes; everything beside it in its partition never does. */
export const ROOT = '@';

/** What an item is found by, the indices' names and their keys. Each is sparse but for the first two. */
export const INDICES = {
  listing: ['l', 'n'],
  ids: ['l', 'id'],
  ready: ['r', 'n'],
  timers: ['t', 'd'],
  owners: ['o', 'oa'],
  parents: ['p', 'n'],
  schedules: ['s', 'n'],
  workflows: ['w', 'n'],
  statuses: ['st', 'n'],
} as const;

export type IndexName = keyof typeof INDICES;

/** Attributes of indices by their type. */
export const TEXTS = ['l', 'id', 'r', 't', 'o', 'p', 's', 'w', 'st'] as const;
export const NUMBERS = ['n', 'd', 'oa'] as const;

export type Index = { -readonly [A in (typeof TEXTS)[number]]?: string } & {
  -readonly [A in (typeof NUMBERS)[number]]?: number;
};

const PLAIN = /^[\x20-\x7e]{1,200}$/;

/** A name as part of a key: as it is where that is short and plain, else its hash. */
export function keyName(name: string): string {
  if (PLAIN.test(name) && !name.startsWith('~')) return name;
  // As JSON: half a surrogate pair has no place in UTF-8, and two of them must not become one.
  return `~${createHash('sha256').update(JSON.stringify(name)).digest('hex')}`;
}

export const runKey = (runId: string) => `run#${keyName(runId)}`;
export const gateKey = (name: string) => `gate#${keyName(name)}`;
export const scheduleKey = (id: string) => `schedule#${keyName(id)}`;
export const rateKey = (name: string) => `rate#${keyName(name)}`;
export const idempotencyKey = (workflow: string, key: string) =>
  `key#${keyName(JSON.stringify([workflow, key]))}`;

export function shardOf(pk: string): number {
  let sum = 0;
  for (let at = Math.max(0, pk.length - 4); at < pk.length; at++) sum += pk.charCodeAt(at);
  return sum % SHARDS;
}

/** All shards of a name, for whoever reads them all. */
export function shardsOf(name: string): string[] {
  return Array.from({ length: SHARDS }, (_, shard) => `${name}#${shard}`);
}

/** Numbers in sort keys, so that they sort as numbers. */
export function digits(value: number): string {
  return String(value).padStart(16, '0');
}
