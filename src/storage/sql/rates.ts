import { type BookedPlace, nextPlace } from '../rate.ts';
import type { ReserveRequest } from '../store.ts';
import { type Dialect, type Row, statement } from './server.ts';
import { indexed } from './text.ts';
import type { Transactor } from './transactor.ts';

/** Books the next place; places that no later one depends on are forgotten. */
export async function reserve(
  transactor: Transactor,
  dialect: Dialect,
  request: ReserveRequest,
): Promise<number> {
  const name = indexed(request.name);
  const { limit } = request;
  const place = await transactor.transact(async ({ load }) => {
    const last = 'SELECT max(number) FROM @rate_places WHERE name = ?';
    const [, latest = [], before = []] = await load([
      // Its row is what those who come at once wait for.
      statement(`INSERT INTO @rates (name) VALUES (?) ${dialect.orLock('name')}`, name),
      statement(
        'SELECT number, at, queued FROM @rate_places WHERE name = ? ORDER BY number DESC LIMIT 1',
        name,
      ),
      statement(
        `SELECT at, queued FROM @rate_places WHERE name = ? AND number = (${last}) + 1 - ?`,
        name,
        name,
        limit,
      ),
    ]);
    const number = (latest[0]?.number ?? 0) + 1;
    const { at, queued } = nextPlace(request, toPlace(latest[0]), toPlace(before[0]));
    return {
      writes: [
        statement(
          'INSERT INTO @rate_places (name, number, at, queued) VALUES (?, ?, ?, ?)',
          name,
          number,
          at,
          queued ? 1 : 0,
        ),
        statement('DELETE FROM @rate_places WHERE name = ? AND number <= ?', name, number - limit),
      ],
      reads: [],
      result: () => at,
      fence: null,
    };
  });
  return place ?? request.now;
}

function toPlace(row: Row | undefined): BookedPlace | undefined {
  return row && { at: row.at, queued: row.queued === 1 };
}
