import { nextPlace } from '../rate.ts';
import type { ReserveRequest } from '../store.ts';
import type { Connection } from './connection.ts';
import { rateKey } from './keys.ts';
import type { Lanes } from './lanes.ts';
import { perform } from './perform.ts';

/** Books the next place; places that no later one depends on are forgotten. */
export function reserve(
  connection: Connection,
  lanes: Lanes,
  request: ReserveRequest,
): Promise<number> {
  const { name, limit } = request;
  const pk = rateKey(name);
  return lanes.run([pk], () =>
    perform(connection, async (work) => {
      const held = await work.rate(name);
      const places = held.doc?.places ?? [];
      const place = nextPlace(request, places.at(-1), places.at(-limit));
      held.doc = { places: [...places, place].slice(-limit) };
      return { result: place.at, first: pk, write: true };
    }),
  );
}
