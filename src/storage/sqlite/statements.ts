import type { Statement } from 'better-sqlite3';
import type { SqliteDatabase } from './open-database.ts';

/** Prepares each statement once, on first use. */
export function statements(
  db: SqliteDatabase,
): <Row = unknown>(text: string) => Statement<unknown[], Row> {
  const prepared = new Map<string, Statement<unknown[], unknown>>();
  return <Row>(text: string) => {
    let statement = prepared.get(text);
    if (statement === undefined) {
      statement = db.prepare(text);
      prepared.set(text, statement);
    }
    return statement as Statement<unknown[], Row>;
  };
}

export type Prepare = ReturnType<typeof statements>;
