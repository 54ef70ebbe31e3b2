import type { Mutation } from './build.ts';

/** A bug of a kind that engines like this one have had, as a change of the sources. */
export interface PlantedBug {
  readonly name: string;
  readonly mutations: readonly Mutation[];
}

const MEMORY = 'src/storage/memory';

export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'the epoch is not checked',
    mutations: [
      {
        file: `${MEMORY}/memory-advance.ts`,
        from: 'run === undefined || run.owner === null || run.epoch !== write.lease.epoch',
        to: 'run === undefined',
      },
    ],
  },
  {
    name: 'a lease is released with a full inbox',
    mutations: [
      {
        file: `${MEMORY}/memory-advance.ts`,
        from: "(write.release === 'suspend' && run.inbox.length === 0)",
        to: "write.release === 'suspend'",
      },
    ],
  },
  {
    name: 'the inbox is read unsorted',
    mutations: [
      {
        file: `${MEMORY}/memory-claim.ts`,
        from: 'run.inbox.filter((entry) => entry.id > after).map(copyOf)',
        to: 'run.inbox.filter((entry) => entry.id > after).map(copyOf).reverse()',
      },
    ],
  },
  {
    name: 'a commit is two transactions',
    mutations: [
      {
        file: 'src/executor/commit-queue.ts',
        from: 'store.commit(batch).then(',
        to: 'inTwo(store, batch).then(',
      },
      {
        file: 'src/executor/commit-queue.ts',
        from: '/** Collects writes of all runs',
        to: `async function inTwo(store: Store, batch: readonly Write[]) {
          const first = batch.map((write) => write.op !== 'advance' ? write
            : { op: write.op, lease: write.lease, expectedSequence: write.expectedSequence, events: write.events });
          const results = [...await store.commit(first as readonly Write[])];
          const rest = batch.flatMap((write, index) => write.op === 'advance' && results[index]?.outcome === 'committed'
            ? [{ index, write: { ...write, expectedSequence: write.expectedSequence + write.events.length, events: [] } }] : []);
          if (rest.length === 0) return results;
          const later = await store.commit(rest.map(({ write }) => write));
          for (const [at, { index }] of rest.entries()) results[index] = later[at] as WriteResult;
          return results;
        }
        /** Collects writes of all runs`,
      },
    ],
  },
  {
    name: 'an undo is forgotten',
    mutations: [
      {
        file: 'src/primitives/saga.ts',
        from: 'of undos.toReversed()',
        to: 'of undos.toReversed().slice(0, 2)',
      },
    ],
  },
  {
    name: "a child's end is told in a commit of its own",
    mutations: [
      {
        file: 'src/executor/finish.ts',
        from: 'function tellParent({ summary }: RunInHand',
        to: 'function tellParent({ summary, executor }: RunInHand',
      },
      {
        file: 'src/executor/finish.ts',
        from: "draft.deliveries.push({ op: 'deliver', runId: parentRunId, message, now: draft.now });",
        to: `setImmediate(() => executor.commits
          .submit({ op: 'deliver', runId: parentRunId, message, now: draft.now }).catch(() => {}));`,
      },
    ],
  },
  {
    name: 'a doorbell is lost now and then',
    mutations: [
      {
        file: 'test/simulation/world/hub.ts',
        from: 'bell.pending++;',
        to: 'if (random.chance(0.5)) return; bell.pending++;',
      },
    ],
  },
  {
    name: 'a step that ran when its worker died counts as done',
    mutations: [
      {
        file: 'src/executor/open-run.ts',
        from: 'if (session.outcome === null) restartSteps(session, draft);',
        to: '',
      },
    ],
  },
];
