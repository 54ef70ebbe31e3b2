import type { GateState } from '../store.ts';
import type { Connection } from './connection.ts';
import type { GateDoc, RunDoc } from './docs.ts';
import { gateKey } from './keys.ts';
import { loadDoc, loadRun, loadRuns } from './read-run.ts';
import { readRoot } from './resolve.ts';
import { textOf } from './wire.ts';

const HOLDERS_SHOWN = 5;

export async function readGates(connection: Connection, runId: string): Promise<GateState[]> {
  const doc = await loadRun(connection, runId);
  const shown = await Promise.all((doc?.stands ?? []).map(({ name }) => stateOf(name)));
  return shown.sort((a, b) => (a.name < b.name ? -1 : 1));

  async function stateOf(name: string): Promise<GateState> {
    const root = await readRoot(connection.shared, gateKey(name), false);
    const gate = await loadDoc<GateDoc>(connection, root);
    const { limit = 0, holders = 0, waiting = 0 } = gate ?? {};
    const heldBy = await holdersOf(connection, name);
    return { name, limit, held: doc?.waits === false, holders, waiting, heldBy };
  }
}

/** Oldest first. */
async function holdersOf(connection: Connection, name: string): Promise<string[]> {
  const where = { text: 'begins_with(#k, :place)', values: { ':place': 'h#' } };
  const range = { hash: gateKey(name), where, limit: HOLDERS_SHOWN };
  const ids: string[] = [];
  const holds = ({ waits, stands }: RunDoc) => !waits && stands.some((one) => one.name === name);
  for await (const page of connection.shared.wire.query(range)) {
    const runs = await loadRuns(
      connection,
      page.map((item) => textOf(item, 'run')),
    );
    ids.push(...runs.filter(({ doc }) => holds(doc)).map(({ doc }) => doc.run.runId));
    if (ids.length >= HOLDERS_SHOWN) break;
  }
  return ids.slice(0, HOLDERS_SHOWN);
}
