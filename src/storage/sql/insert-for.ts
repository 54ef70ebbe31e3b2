import type { RunRef } from './changes.ts';
import type { Columns, Dialect, Scalar, Statement } from './server.ts';

/**
 * Rows that belong to runs. A run that the same batch creates has no number yet and is found by its
 * id; `ending` may say what to do with rows that are there already. Rows go in as they are given.
 */
export function insertFor(
  dialect: Dialect,
  table: string,
  columns: Columns,
  rows: readonly (readonly [RunRef, readonly Scalar[]])[],
  ending = '',
): Statement {
  const names = Object.keys(columns);
  const target = `INSERT INTO @${table} (run, ${names.join(', ')})`;
  const values = names.map((name) => `i.${name}`).join(', ');
  if (rows.every(([ref]) => ref.id !== null)) {
    const given = rows.map(([ref, row]) => [ref.id, ...row]);
    const source = dialect.given({ run: 'int', ...columns }, given);
    const text = `${target} SELECT i.run, ${values} FROM ${source.text} ORDER BY i.n ${ending}`;
    return { text, values: source.values };
  }
  const given = rows.map(([ref, row]) => [ref.id, ref.id === null ? ref.runId : null, ...row]);
  const source = dialect.given({ run: 'int', new_run: 'text', ...columns }, given);
  const text = `${target} SELECT coalesce(i.run, r.id), ${values} FROM ${source.text}
    LEFT JOIN @runs r ON r.run_id = i.new_run ORDER BY i.n ${ending}`;
  return { text, values: source.values };
}
