import type { Divergence } from '../core/errors.ts';
import type { Json } from '../core/json.ts';

/** How a session ended; while it waits it has none. */
export type Outcome =
  | { readonly kind: 'completed'; readonly result: Json }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'cancelled'; readonly reason: string | null }
  /** The code goes on as a new run with this input. */
  | { readonly kind: 'continued'; readonly input: Json }
  /** The code does not fit the history. */
  | { readonly kind: 'diverged'; readonly divergence: Divergence }
  /** The code waits for something that no event settles. */
  | { readonly kind: 'stuck'; readonly awaiting: readonly string[] };

/** What the code did instead of a request, for messages. */
export function describeEnd(outcome: Outcome | null): string {
  return outcome === null ? 'nothing' : `the end of the workflow (${outcome.kind})`;
}
