import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Divergence } from '../../src/core/errors.ts';
import type { WorkflowEvent } from '../../src/core/event.ts';
import { type Delivery, describe, type Request, requestOf } from '../../src/engine/history.ts';
import { activate, replay } from '../../src/engine/replay.ts';
import {
  type Body,
  comparable,
  copy,
  eventOf,
  isDelivery,
  isRequest,
  newSession,
} from './live-run.ts';
import { arbitraryProgram, type Mutation, mutate, play, workflowOf } from './random-program.ts';

const seed = fc.integer();
const runs = Number(process.env.PYWORKFLOW_PROPERTY_RUNS ?? 400);

test('every prefix of a history asks for what follows in it, and its end is the same', async () => {
  const outcomes = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(arbitraryProgram, seed, async (program, luck) => {
      const run = await play(program, luck);
      await run.checkReplays();
      expect(run.violations).toBe(0);
      const kind = run.outcome?.kind ?? 'waiting';
      outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
    }),
    { numRuns: runs },
  );
  // The programs are not dull.
  for (const kind of ['completed', 'failed', 'cancelled']) {
    expect(outcomes.get(kind) ?? 0, kind).toBeGreaterThan(runs / 100);
  }
});

test('a session that was replayed half-way ends like the one that never was', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryProgram, seed, seed, async (program, luck, cut) => {
      const { events, outcome } = await play(program, luck);
      const groups = grouped(events);
      const from = 1 + (Math.abs(cut) % groups.length);
      const session = newSession(workflowOf(program));
      await replay(session, copy(groups.slice(0, from).flatMap(({ all }) => all)));
      for (const { delivery, requests } of groups.slice(from)) {
        const commands = await activate(session, copy(delivery));
        expect(commands.map(eventOf)).toEqual(requests.map(({ type, data }) => ({ type, data })));
      }
      expect(comparable(session.outcome)).toEqual(comparable(outcome));
    }),
    { numRuns: runs },
  );
});

test('changed code diverges where the history first shows the change, and only then', async () => {
  const mutation = fc.constantFrom<Mutation>('rename', 'remove', 'insert', 'replace', 'swap');
  // Arguments are no part of a call's identity, but those that cannot be stored make no call.
  const storable = arbitraryProgram.filter((program) => !JSON.stringify(program).includes('"bad"'));
  let found = 0;
  await fc.assert(
    fc.asyncProperty(storable, seed, mutation, fc.nat(), async (program, luck, kind, at) => {
      const { events } = await play(program, luck);
      const changed = workflowOf(mutate(program, kind, at));
      const expected = await firstDifference(changed, events);
      const session = newSession(changed);
      const commands = await replay(session, copy(events));
      const { outcome } = session;
      if ('sequence' in expected) {
        found++;
        expect(outcome?.kind).toBe('diverged');
        if (outcome?.kind !== 'diverged') return;
        const { source, ...divergence } = outcome.divergence;
        expect(divergence).toEqual(expected);
        expect(commands).toEqual([]);
        if (/^(step|sleep|hook)/.test(divergence.requested))
          expect(source).toMatch(/random-program\.ts:\d+/);
      } else {
        expect(comparable(outcome)).toEqual(expected.outcome);
        expect(commands.map(({ id }) => id)).toEqual(expected.beyond);
      }
    }),
    { numRuns: runs },
  );
  expect(found).toBeGreaterThan(runs / 4);
});

interface Group {
  readonly delivery: Delivery;
  readonly requests: Request[];
  readonly all: WorkflowEvent[];
}

/** A delivery, what the code asked for in answer, and whatever else was recorded before the next. */
function grouped(events: readonly WorkflowEvent[]): Group[] {
  const groups: Group[] = [];
  for (const event of events) {
    if (isDelivery(event)) groups.push({ delivery: event as Delivery, requests: [], all: [] });
    const group = groups.at(-1);
    group?.all.push(event);
    if (isRequest(event)) group?.requests.push(event as Request);
  }
  return groups;
}

/**
 * What the replay must report, worked out without it: the code is given the same deliveries with
 * nobody looking, and what it asks for is compared afterwards.
 */
async function firstDifference(
  fn: Body,
  events: readonly WorkflowEvent[],
): Promise<Omit<Divergence, 'source'> | { outcome: unknown; beyond: string[] }> {
  const session = newSession(fn);
  const groups = grouped(events);
  for (const [index, { delivery, requests }] of groups.entries()) {
    const commands = await activate(session, copy(delivery));
    const asked = commands.map(({ kind, id, name }) => describe({ kind, id, name }));
    const recorded = requests.map((request) => describe(requestOf(request)));
    const { outcome } = session;
    const ended = outcome !== null && outcome.kind !== 'stuck';
    const end = ended ? `the end of the workflow (${outcome.kind})` : 'nothing';
    const at = recorded.findIndex((what, i) => what !== asked[i]);
    const request = requests[at];
    if (request !== undefined) {
      const requested = asked[at] ?? end;
      return { sequence: request.sequence, recorded: recorded[at] ?? '', requested };
    }
    const next = groups[index + 1]?.delivery;
    const extra = asked[recorded.length];
    if (next !== undefined && (extra !== undefined || ended)) {
      const { sequence, type } = next;
      return { sequence, recorded: `${type} (event ${sequence})`, requested: extra ?? end };
    }
    if (next === undefined || outcome !== null) {
      const beyond = commands.slice(recorded.length).map(({ id }) => id);
      return { outcome: comparable(outcome), beyond };
    }
  }
  throw new Error('a history without events');
}
