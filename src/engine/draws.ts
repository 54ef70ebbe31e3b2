import type { DrawsFrom } from '../core/event.ts';
import { runUuid } from '../core/id.ts';
import { seededRandom } from './random.ts';

/** What code draws: the same in every replay. */
export interface Draws {
  random(): number;
  randomUUID(): string;
}

interface Drawer {
  readonly runId: string;
  readonly secret: string;
  /** Of the event that the code reacts to. */
  readonly position: number;
  readonly drawsFrom: readonly DrawsFrom[];
}

/**
 * A run draws from its id and its secret. A fork repeats what its origin drew as far as it has taken
 * over that history, and draws its own from there on: UUIDs of two runs must not be the same.
 */
export function createDraws(session: Drawer): Draws {
  const generators = new Map<string, () => number>();
  let uuids = 0;

  function source(): { readonly run_id: string; readonly secret: string } {
    const { runId, secret, position, drawsFrom } = session;
    return drawsFrom.find(({ through }) => position <= through) ?? { run_id: runId, secret };
  }

  return {
    random() {
      const { run_id } = source();
      let generator = generators.get(run_id);
      if (generator === undefined) {
        generator = seededRandom(run_id);
        generators.set(run_id, generator);
      }
      return generator();
    },
    randomUUID() {
      const { run_id, secret } = source();
      return runUuid(run_id, ++uuids, secret);
    },
  };
}
