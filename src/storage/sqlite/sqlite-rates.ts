import { toKeyText } from '../key-text.ts';
import { type BookedPlace, nextPlace } from '../rate.ts';
import type { ReserveRequest } from '../store.ts';
import type { SqliteDatabase } from './open-database.ts';
import type { Prepare } from './statements.ts';

interface PlaceRow {
  readonly number: number;
  readonly at: number;
  readonly queued: number;
}

/** Books the next place; places that no later one depends on are forgotten. */
export function reserve(db: SqliteDatabase, sql: Prepare, request: ReserveRequest): number {
  const name = toKeyText(request.name);
  const { limit } = request;
  const book = db.transaction(() => {
    const last = sql<PlaceRow>(
      'SELECT number, at, queued FROM rate_places WHERE name = ? ORDER BY number DESC LIMIT 1',
    ).get(name);
    const number = (last?.number ?? 0) + 1;
    const earlier = sql<PlaceRow>(
      'SELECT number, at, queued FROM rate_places WHERE name = ? AND number = ?',
    ).get(name, number - limit);
    const { at, queued } = nextPlace(request, toPlace(last), toPlace(earlier));
    sql('INSERT INTO rate_places (name, number, at, queued) VALUES (?, ?, ?, ?)').run(
      name,
      number,
      at,
      queued ? 1 : 0,
    );
    sql('DELETE FROM rate_places WHERE name = ? AND number <= ?').run(name, number - limit);
    return at;
  });
  return book.immediate();
}

function toPlace(row: PlaceRow | undefined): BookedPlace | undefined {
  return row && { at: row.at, queued: row.queued === 1 };
}
