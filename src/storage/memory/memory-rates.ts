import { nextPlace } from '../rate.ts';
import type { ReserveRequest } from '../store.ts';
import type { MemoryState } from './memory-state.ts';

/** Books the next place; places that no later one depends on are forgotten. */
export function reserve(state: MemoryState, request: ReserveRequest): number {
  const { name, limit } = request;
  const places = state.rates.get(name) ?? [];
  const place = nextPlace(request, places.at(-1), places.at(-limit));
  state.rates.set(name, [...places, place].slice(-limit));
  return place.at;
}
