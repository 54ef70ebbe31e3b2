import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Divergence } from '../../src/core/errors.ts';
import type { EventData, WorkflowEvent } from '../../src/core/event.ts';
import { checkHistory } from '../../src/engine/check-history.ts';
import type { Command } from '../../src/engine/command.ts';
import { cutHistory } from '../../src/engine/cut-history.ts';
import {
  activations,
  type Delivery,
  describe,
  type Request,
  requestOf,
} from '../../src/engine/history.ts';
import { activate, replay } from '../../src/engine/replay.ts';
import {
  answersTo,
  type Body,
  comparable,
  copy,
  isAnswer,
  isDelivery,
  isRequest,
  LiveRun,
  newSession,
  RUN_ID,
  SECRET,
} from './live-run.ts';
import {
  arbitraryProgram,
  generator,
  goOn,
  type Mutation,
  mutate,
  play,
  workflowOf,
} from './random-program.ts';

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
  for (const kind of ['completed', 'failed', 'cancelled', 'continued']) {
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
      for (const { delivery, answers } of groups.slice(from)) {
        const commands = await activate(session, copy(delivery));
        const asked = answersTo(commands, session.now);
        expect(asked).toEqual(answers.map(({ type, data }) => ({ type, data })));
      }
      expect(comparable(session.outcome)).toEqual(comparable(outcome));
    }),
    { numRuns: runs },
  );
});

test('changed code diverges where the history first shows the change, and only then', async () => {
  const mutation = fc.constantFrom<Mutation>('rename', 'remove', 'insert', 'replace', 'swap');
  // Arguments are no part of a call's identity, but those that cannot be stored make no call.
  // Patches are there to make a change no difference.
  const storable = arbitraryProgram.filter(
    (program) => !/"(bad|patch)"/.test(JSON.stringify(program)),
  );
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
        if (/^(step|sleep|hook|child) /.test(divergence.requested))
          expect(source).toMatch(/random-program\.ts:\d+/);
      } else {
        expect(comparable(outcome)).toEqual(expected.outcome);
        expect(requestsIn(commands, session.now).map(({ id }) => id)).toEqual(expected.beyond);
      }
    }),
    { numRuns: runs },
  );
  expect(found).toBeGreaterThan(runs / 4);
});

test('a change under a patch fits every history of the old code, and goes on from there', async () => {
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(arbitraryProgram, seed, fc.nat(), fc.nat(), async (program, luck, at, cut) => {
      const { events } = await play(program, luck);
      const changed = workflowOf(mutate(program, 'patch', at));
      const groups = grouped(events);
      const kept = groups.slice(0, 1 + (cut % groups.length)).flatMap(({ all }) => all);
      const run = await LiveRun.takeOver(changed, kept);
      expect(run.outcome?.kind).not.toBe('diverged');
      await goOn(run, generator(luck), kept.length + 20);
      await run.checkReplays(changed, kept.length);
      const isTaken = ({ type, data }: WorkflowEvent) =>
        type === 'patch.applied' && data.patch_id === 'change';
      if (run.events.some(isTaken)) taken++;
    }),
    { numRuns: runs },
  );
  expect(taken).toBeGreaterThan(runs / 20);
});

test('a history that is checked against the code that made it fits', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryProgram, seed, async (program, luck) => {
      const { history, outcome } = await play(program, luck);
      const definition = { name: 'subject', fn: workflowOf(program), input: undefined };
      const facts = { runId: RUN_ID, metadata: { team: 'blue' } };
      const expected = outcome?.kind === 'stuck' ? outcome : { kind: 'ok' };
      expect(await checkHistory(definition, history, facts)).toEqual(expected);
    }),
    { numRuns: runs },
  );
});

test('a history that was cut before a step leads another run to that step', async () => {
  let cuts = 0;
  await fc.assert(
    fc.asyncProperty(
      arbitraryProgram,
      seed,
      fc.nat(),
      fc.nat(),
      async (program, luck, at, again) => {
        const { history } = await play(program, luck);
        let events: readonly WorkflowEvent[] = history;
        // The second time it is a fork that is forked.
        for (const [round, pick] of [at, again].entries()) {
          const steps = activations(events).flatMap((group) =>
            group.requests.flatMap((event) =>
              event.type === 'step.started' ? { event, group } : [],
            ),
          );
          const chosen = steps[pick % steps.length];
          if (chosen === undefined) return;
          const { group, event } = chosen;
          // Time is the code's business; at the cut it would be that of the fork.
          const now = group.delivery.timestamp;
          const cut = cutHistory(events, { fromStep: event.data.step_id, overrides: {}, now });
          expect(cut.events.map(({ sequence }) => sequence)).toEqual(
            cut.events.map((_, i) => i + 1),
          );
          const begun = cut.events[0]?.data as EventData['workflow.started'];
          const origin = { run_id: RUN_ID, secret: SECRET, through: cut.through };
          const data = { ...begun, secret: `of fork ${round}`, draws_from: [origin] };
          events = [{ ...cut.events[0], data } as WorkflowEvent, ...cut.events.slice(1)];
          const session = newSession(workflowOf(program), undefined, `run_${round}`);
          const commands = await replay(session, copy(events));
          expect(session.outcome?.kind).not.toBe('diverged');
          expect(requestsIn(commands, session.now)).toEqual(group.requests.map(requestOf));
          cuts++;
        }
      },
    ),
    { numRuns: runs },
  );
  expect(cuts).toBeGreaterThan(runs / 2);
});

interface Group {
  readonly delivery: Delivery;
  readonly requests: Request[];
  /** The requests and the log lines. */
  readonly answers: WorkflowEvent[];
  readonly all: WorkflowEvent[];
}

/** A delivery, what the code asked for in answer, and whatever else was recorded before the next. */
function grouped(events: readonly WorkflowEvent[]): Group[] {
  const groups: Group[] = [];
  for (const event of events) {
    if (isDelivery(event)) {
      groups.push({ delivery: event as Delivery, requests: [], answers: [], all: [] });
    }
    const group = groups.at(-1);
    group?.all.push(event);
    if (isRequest(event)) group?.requests.push(event as Request);
    if (isAnswer(event)) group?.answers.push(event);
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
    const requested = requestsIn(commands, session.now);
    const asked = requested.map(describe);
    const recorded = requests.map((request) => describe(requestOf(request)));
    const { outcome } = session;
    const ended = outcome !== null && outcome.kind !== 'stuck';
    const end = ended ? `the end of the workflow (${outcome.kind})` : 'nothing';
    const at = recorded.findIndex((what, i) => what !== asked[i]);
    const request = requests[at];
    if (request !== undefined) {
      const recordedThere = recorded[at] ?? '';
      return {
        sequence: request.sequence,
        recorded: recordedThere,
        requested: asked[at] ?? end,
      };
    }
    const next = groups[index + 1]?.delivery;
    const extra = asked[recorded.length];
    if (next !== undefined && (extra !== undefined || ended)) {
      const { sequence, type } = next;
      return { sequence, recorded: `${type} (event ${sequence})`, requested: extra ?? end };
    }
    if (next === undefined || outcome !== null) {
      const beyond = requested.slice(recorded.length).map(({ id }) => id);
      return { outcome: comparable(outcome), beyond };
    }
  }
  throw new Error('a history without events');
}

function requestsIn(commands: readonly Command[], now: number) {
  const answers = answersTo(commands, now).filter(({ type }) => type !== 'log.recorded');
  return answers.map((event) => requestOf(event as Request));
}
