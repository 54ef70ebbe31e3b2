import type { HookRecord } from '../../core/hook.ts';
import type { HookFilter, Page } from '../store.ts';
import { type Candidate, portions, search } from './candidates.ts';
import type { Connection } from './connection.ts';
import type { HookDoc, RunDoc } from './docs.ts';
import { runKey, shardsOf } from './keys.ts';
import { beforeCursor, EMPTY, numberIn, pageOf } from './pages.ts';
import { loadRun, loadRuns } from './read-run.ts';
import { hookKey } from './run-doc.ts';
import { stowedFrom, unstow } from './stow.ts';
import { textOf } from './wire.ts';

interface FoundHook {
  readonly pk: string;
  readonly n: number;
  readonly hook: HookDoc;
}

export async function getHook(
  connection: Connection,
  runId: string,
  hookId: string,
): Promise<HookRecord | null> {
  const doc = await loadRun(connection, runId);
  const hook = doc?.hooks.find(({ id }) => id === hookId);
  return hook === undefined ? null : recordOf(connection, runKey(runId), hook);
}

export async function listHooks(
  connection: Connection,
  filter: HookFilter,
): Promise<Page<HookRecord>> {
  const before = numberIn(filter.cursor);
  if (before === null) return EMPTY;
  const hooks =
    filter.runId === undefined
      ? listed(connection, before, filter.limit)
      : ofRun(connection, filter.runId, before);
  const { status } = filter;
  const page = await pageOf(hooks, filter.limit, ({ hook }) =>
    status === undefined ? true : hook.status === status,
  );
  const items = page.items.map(({ pk, hook }) => recordOf(connection, pk, hook));
  return { ...page, items: await Promise.all(items) };
}

async function* ofRun(connection: Connection, runId: string, before: number) {
  const pk = runKey(runId);
  const hooks = (await loadRun(connection, runId))?.hooks ?? [];
  const found = hooks.filter(({ n }) => n < before).sort((a, b) => b.n - a.n);
  for (const hook of found) yield { pk, n: hook.n, hook };
}

/** An item of a hook counts if its run knows it. */
async function* listed(
  connection: Connection,
  before: number,
  limit: number,
): AsyncGenerator<FoundHook> {
  const hashes = shardsOf('hook');
  const where = beforeCursor(before);
  const found = search(connection, { index: 'listing', hashes, by: 'n', where, descending: true });
  for await (const portion of portions(found, () => limit + 1)) {
    const pks = [...new Set(portion.map(({ pk }) => pk))];
    const runs = new Map((await loadRuns(connection, pks)).map(({ pk, doc }) => [pk, doc]));
    yield* portion.flatMap((candidate) => known(candidate, runs.get(candidate.pk)));
  }
}

function known({ pk, at }: Candidate, doc: RunDoc | undefined): FoundHook[] {
  const hook = doc?.hooks.find(({ n }) => n === at);
  return hook === undefined ? [] : [{ pk, n: at, hook }];
}

async function recordOf(
  { shared: { wire } }: Connection,
  pk: string,
  { n, status, at, payload }: HookDoc,
): Promise<HookRecord> {
  const item = (await wire.get({ pk, sk: hookKey(n) })) ?? {};
  const fixed =
    item.text === undefined ? stowedFrom(textOf(item, 'blob')) : { i: textOf(item, 'text') };
  const [record, answer] = await Promise.all([
    unstow(wire, pk, fixed),
    payload === null ? 'null' : unstow(wire, pk, payload),
  ]);
  return { ...JSON.parse(record), status, receivedAt: at, payload: JSON.parse(answer) };
}
