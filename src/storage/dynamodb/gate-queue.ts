import { createHash } from 'node:crypto';
import type { Connection } from './connection.ts';
import type { RunDoc } from './docs.ts';
import { digits, gateKey, runKey } from './keys.ts';
import { attributesOf, type Item, textOf } from './wire.ts';
import type { Held, Work } from './work.ts';

/**
 * Who stands at a gate is in items beside its root, in the order of creation: `q` for those who wait,
 * `h` for those who hold a place. They are written before the change that makes them true, and
 * removed after the one that makes them untrue: what a run says of itself decides.
 */
export type Place = 'q' | 'h';

export interface Standing {
  readonly held: Held<RunDoc>;
  readonly doc: RunDoc;
}

const standKey = (place: Place, n: number, runId: string) =>
  `${place}#${digits(n)}#${runKey(runId)}`;

export function takeStand(work: Work, gate: string, place: Place, doc: RunDoc): void {
  const { n, run, gateSet } = doc;
  const pk = gateKey(gate);
  const sk = standKey(place, n, run.runId);
  work.aside(attributesOf({ pk, sk, run: runKey(run.runId), set: digest(gateSet) }));
  work.stands.push({ gate, n, runId: run.runId });
}

export function leaveStand(work: Work, gate: string, place: Place, { n, run }: RunDoc): void {
  work.forget({ pk: gateKey(gate), sk: standKey(place, n, run.runId) });
}

export function digest(gateSet: string): string {
  return createHash('sha256').update(gateSet).digest('base64url').slice(0, 16);
}

function standsThere(doc: RunDoc | null, gate: string, place: Place): doc is RunDoc {
  return (
    doc !== null && doc.waits === (place === 'q') && doc.stands.some((stand) => stand.name === gate)
  );
}

/**
 * Those who stand at a gate as this attempt has left it, oldest first, `blocked` ones left out.
 * @param blocked digests of gate sets; it may grow meanwhile.
 */
export async function* standing(
  { shared: { wire } }: Connection,
  work: Work,
  gate: string,
  place: Place,
  blocked: ReadonlySet<string> = new Set(),
): AsyncGenerator<Standing> {
  const pk = gateKey(gate);
  const own = work.stands.filter((stand) => stand.gate === gate).sort((a, b) => a.n - b.n);
  const where = { text: 'begins_with(#k, :place)', values: { ':place': `${place}#` } };
  const seen = new Set<string>();
  async function* confirmed(run: string): AsyncGenerator<Standing> {
    if (seen.has(run)) return;
    seen.add(run);
    const held = await work.runAt(run);
    const { doc } = held;
    if (standsThere(doc, gate, place) && !blocked.has(digest(doc.gateSet))) yield { held, doc };
  }
  for await (const page of wire.query({ hash: pk, where, limit: PAGE })) {
    for (const item of page) {
      const n = numberIn(item);
      while (own[0] !== undefined && own[0].n < n) {
        const { runId } = own[0];
        own.shift();
        yield* confirmed(runKey(runId));
      }
      if (!blocked.has(textOf(item, 'set'))) yield* confirmed(textOf(item, 'run'));
    }
  }
  for (const { runId } of own) yield* confirmed(runKey(runId));
}

const PAGE = 50;

function numberIn(item: Item): number {
  return Number(textOf(item, 'sk').split('#', 2)[1]);
}
