import type { Divergence } from '../core/errors.ts';
import type { Json } from '../core/json.ts';

/** How a session ended; while it waits it has none. */
export type Outcome =
  | { readonly kind: 'completed'; readonly result: Json }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'cancelled'; readonly reason: string | null }
  /** The code does not fit the history. */
  | { readonly kind: 'diverged'; readonly divergence: Divergence }
  /** The code waits for something that no event settles. */
  | { readonly kind: 'stuck'; readonly awaiting: readonly string[] };
