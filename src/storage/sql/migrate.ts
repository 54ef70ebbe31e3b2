import { StoreTooNewError } from '../../core/errors.ts';
import { type Send, statement } from './server.ts';

/**
 * Brings the database to today's schema. The caller sees to it that nobody else does so at the same
 * time, and that it is all or nothing where the server can do that.
 * @param versions makes the table of versions unless it is there
 * @throws StoreTooNewError
 */
export async function migrate(
  send: Send,
  known: readonly (readonly string[])[],
  versions: string,
  address: string,
): Promise<void> {
  await send([statement(versions)]);
  const [rows = []] = await send([statement('SELECT max(version) AS version FROM @versions')]);
  const version: number = rows[0]?.version ?? 0;
  if (version > known.length) {
    throw new StoreTooNewError(`The database ${address}`, version, known.length);
  }
  for (let from = version; from < known.length; from++) {
    const steps = (known[from] ?? []).map((text) => statement(text));
    await send([...steps, statement('INSERT INTO @versions (version) VALUES (?)', from + 1)]);
  }
}
