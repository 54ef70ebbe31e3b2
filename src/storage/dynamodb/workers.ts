import { StoreError } from '../../core/errors.ts';
import type { WorkerRecord } from '../store.ts';
import type { Connection } from './connection.ts';
import { keyName } from './keys.ts';
import { takeNumbers } from './numbers.ts';
import { perform } from './perform.ts';
import { attributesOf, type Item, numberOf, textOf, type Wire } from './wire.ts';

const WORKERS = 'workers';
const DAY_MS = 86_400_000;
export interface KnownWorker extends WorkerRecord {
  /** It has left; what an index still says it holds is free. */
  readonly gone: boolean;
}

/** Adds the worker and forgets those that have been dead or gone for a day and hold nothing. */
export async function registerWorker(connection: Connection, worker: WorkerRecord): Promise<void> {
  const { wire } = connection.shared;
  const { workerId, expiresAt, ...rest } = worker;
  const n = await takeNumbers(wire, 1);
  const texts = { pk: WORKERS, sk: keyName(workerId), text: JSON.stringify({ workerId, ...rest }) };
  const item = attributesOf({ ...texts, n, until: expiresAt });
  if (!(await wire.put(item, { text: 'attribute_not_exists(#pk)' }))) {
    throw new StoreError(`Worker ${workerId} is registered already`);
  }
  connection.later(forgetDead(connection, worker.startedAt));
}

/** All of them, in order of registration, those that have just left included. */
export async function allWorkers({ shared: { wire } }: Connection): Promise<KnownWorker[]> {
  const items: Item[] = [];
  for await (const page of wire.query({ hash: WORKERS })) items.push(...page);
  items.sort((a, b) => numberOf(a, 'n') - numberOf(b, 'n'));
  return items.map((item) => ({
    ...JSON.parse(textOf(item, 'text')),
    expiresAt: numberOf(item, 'until'),
    gone: item.gone !== undefined,
  }));
}

export async function listWorkers(connection: Connection): Promise<WorkerRecord[]> {
  const present = (await allWorkers(connection)).filter((worker) => !worker.gone);
  return present.map(({ gone: _, ...worker }) => worker);
}

/** @throws StoreError */
export function assertRegistered(workers: readonly KnownWorker[], workerId: string): void {
  if (workers.some((worker) => worker.workerId === workerId && !worker.gone)) return;
  throw new StoreError(`Worker ${workerId} is not registered`);
}

/** @returns false if it is not there any more. */
export async function renew(wire: Wire, workerId: string, until: number): Promise<boolean> {
  const key = { pk: WORKERS, sk: keyName(workerId) };
  const present = { text: 'attribute_exists(#pk) AND attribute_not_exists(#gone)' };
  return (await wire.update(key, { set: { until } }, present)) !== null;
}

/** Gives everything the worker still holds to whoever comes first. */
export async function removeWorker(connection: Connection, workerId: string): Promise<void> {
  const { wire } = connection.shared;
  const key = { pk: WORKERS, sk: keyName(workerId) };
  // It is remembered for a while: an index may still name its runs.
  const present = { text: 'attribute_exists(#pk)' };
  if ((await wire.update(key, { set: { gone: 1 } }, present)) === null) return;
  const pks = await heldBy(connection, workerId);
  await Promise.all([...pks].map((pk) => free(connection, pk, workerId)));
}

/** What an index and this connection itself know of. */
async function heldBy(connection: Connection, workerId: string): Promise<Set<string>> {
  const hash = keyName(workerId);
  const pks = new Set<string>();
  for (const [pk, { index }] of connection.recent) if (index.o === hash) pks.add(pk);
  for (const [pk, { index }] of connection.cache) if (index.o === hash) pks.add(pk);
  for await (const page of connection.shared.wire.query({ index: 'owners', hash })) {
    for (const item of page) pks.add(textOf(item, 'pk'));
  }
  return pks;
}

function free(connection: Connection, pk: string, workerId: string): Promise<void> {
  return perform(connection, async (work) => {
    const { doc } = await work.runAt(pk);
    const held = doc !== null && doc.owner === workerId;
    if (!held) return { result: undefined, first: null, write: false };
    doc.owner = null;
    doc.ready = true;
    return { result: undefined, first: pk, write: true };
  });
}

async function forgetDead(connection: Connection, now: number): Promise<void> {
  const { wire } = connection.shared;
  for (const { workerId, expiresAt } of await allWorkers(connection)) {
    const isLongDead = expiresAt < now - DAY_MS;
    if (!isLongDead || (await heldBy(connection, workerId)).size > 0) continue;
    await wire.deleteAll([{ pk: WORKERS, sk: keyName(workerId) }]);
  }
}
