import { type Server, statement } from './server.ts';

/** Within the 50 ms that the port promises, with room for a busy event loop. */
const POLL_MS = 35;
/** Behind a doorbell that is known to ring. */
const SURE_POLL_MS = 1000;

/**
 * Calls `onChange` after another store has changed the database. Returns how to stop it. Rings of
 * the doorbell only say that it is time to look; what is looked at is the sum of all commits.
 * @param writer of this store, whose own commits are no news
 */
export function watch(server: Server, writer: string, onChange: () => void): () => void {
  const count = statement(
    'SELECT coalesce(sum(number + changes), 0) AS total FROM @writers WHERE id NOT LIKE ?',
    `${writer}:%`,
  );
  let seen: number | null = null;
  let looking = false;
  let again = false;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    if (looking || stopped) {
      again = true;
      return;
    }
    clearTimeout(timer);
    looking = true;
    do {
      again = false;
      // A counter that cannot be read tells nobody: whoever reads or writes next is told.
      const total = await server
        .lend((send) => send([count]))
        .then(
          ([rows = []]) => Number(rows[0]?.total ?? 0),
          () => seen,
        );
      if (stopped) return;
      const changed = seen !== null && total !== seen;
      seen = total;
      if (changed) onChange();
    } while (again);
    looking = false;
    timer = setTimeout(look, listening.isSure() ? SURE_POLL_MS : POLL_MS);
    timer.unref();
  }

  const listening = server.listen(() => void look());
  void look();
  return () => {
    stopped = true;
    clearTimeout(timer);
    listening.stop();
  };
}
