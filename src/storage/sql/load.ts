import type { Facts, GateFact, Stand, Wants } from './facts.ts';
import { nameIn } from './facts.ts';
import {
  type Dialect,
  type Row,
  type Rows,
  type Send,
  type Statement,
  statement,
} from './server.ts';

interface Load {
  readonly asked: Statement;
  readonly take: (rows: Rows) => void;
}

/** Reads and locks everything that is wanted in one round trip. */
export async function load(
  send: Send,
  dialect: Dialect,
  wants: Wants,
  facts: Facts,
): Promise<void> {
  const loads: Load[] = [];
  if (facts.fence === null) loads.push(...loadFence(dialect, facts));
  // Gates before runs, rows in order: whoever locks several does it in the same order.
  if (wants.gates.size > 0) loads.push(...loadGates(dialect, wants, facts));
  if (wants.runs.size > 0) loads.push(loadRuns(dialect, wants, facts));
  loads.push(...loadRest(dialect, wants, facts));
  const answers = await send(loads.map((one) => one.asked));
  for (const [index, { take }] of loads.entries()) take(answers[index] ?? []);
}

function loadFence(dialect: Dialect, facts: Facts): Load[] {
  return [
    { asked: dialect.lockFence('shared'), take: () => {} },
    {
      asked: statement(`SELECT value FROM @meta WHERE name = 'fence'`),
      take: ([row]) => {
        facts.fence = row?.value ?? 0;
      },
    },
  ];
}

function loadRuns({ among, lock }: Dialect, { runs }: Wants, facts: Facts): Load {
  const ids = [...runs];
  return {
    asked: statement(
      `SELECT r.id, r.run_id, r.status, r.gated, r.owner, r.epoch, r.continued_to FROM @runs r
       WHERE ${among('r.run_id')} ORDER BY r.id ${lock}`,
      ids,
    ),
    take(rows) {
      for (const runId of ids) facts.runs.set(runId, null);
      for (const row of rows) {
        facts.runs.set(row.run_id, {
          id: row.id,
          runId: row.run_id,
          status: row.status,
          gated: row.gated === 1,
          owner: row.owner,
          epoch: row.epoch,
          continuedTo: row.continued_to,
        });
      }
    },
  };
}

/** A gate is locked through its row, which is made if nobody stands at it yet. */
function loadGates(dialect: Dialect, { gates }: Wants, facts: Facts): Load[] {
  const names = [...gates.keys()].sort();
  const rows = names.map((name) => [name]);
  const source = dialect.given({ name: 'text' }, rows);
  const found = new Map<string, Row>();
  const lists = names.flatMap((name) => [
    standsAt(name, 1, gates.get(name) ?? 0),
    standsAt(name, 0, gates.get(name) ?? 0),
  ]);
  const stands: Stand[][] = [];
  return [
    {
      asked: {
        text: `INSERT INTO @gates (name, places) SELECT i.name, 0 FROM ${source.text} ORDER BY i.n
          ${dialect.orLock('name')}`,
        values: source.values,
      },
      take: () => {},
    },
    {
      asked: statement(
        `SELECT g.name, g.places,
           (SELECT count(*) FROM @stands s WHERE s.gate = g.name AND s.held = 1) AS holders,
           (SELECT count(*) FROM @stands s WHERE s.gate = g.name AND s.held = 0) AS waiting
         FROM @gates g WHERE ${dialect.among('g.name')}`,
        names,
      ),
      take: (all) => {
        for (const row of all) found.set(row.name, row);
      },
    },
    ...lists.map(
      (asked, index): Load => ({
        asked,
        take(all) {
          stands.push(all.map(toStand));
          if (index % 2 === 0) return;
          const name = names[(index - 1) / 2] ?? '';
          facts.gates.set(name, gateFact(found.get(name), stands));
          stands.length = 0;
        },
      }),
    ),
  ];
}

function standsAt(name: string, held: number, limit: number): Statement {
  return statement(
    `SELECT s.run, r.run_id, s.joins, s.gate_set FROM @stands s JOIN @runs r ON r.id = s.run
     WHERE s.gate = ? AND s.held = ? ORDER BY s.run LIMIT ?`,
    name,
    held,
    limit,
  );
}

function toStand(row: Row): Stand {
  const { run, run_id: runId, gate_set: gateSet } = row;
  return { run, runId, order: run, joins: row.joins === 1, gateSet };
}

function gateFact(row: Row | undefined, [held = [], waiters = []]: Stand[][]): GateFact {
  const { places = 0, holders = 0, waiting = 0 } = row ?? {};
  return { places, holders, waiting, held, waiters };
}

function loadRest(dialect: Dialect, wants: Wants, facts: Facts): Load[] {
  const loads: Load[] = [];
  const { among, lock } = dialect;
  const add = (
    names: Set<string>,
    text: string,
    none: (name: string) => void,
    take: Load['take'],
  ) => {
    if (names.size === 0) return;
    const asked = statement(text, [...names]);
    loads.push({
      asked,
      take(rows) {
        for (const name of names) none(name);
        take(rows);
      },
    });
  };
  add(
    wants.keys,
    `SELECT key_index, run_id, status FROM @runs WHERE ${among('key_index')}`,
    (name) => facts.keys.set(name, null),
    (rows) => {
      for (const row of rows)
        facts.keys.set(row.key_index, { runId: row.run_id, status: row.status });
    },
  );
  if (wants.hooks.size > 0) loads.push(loadHooks(dialect, wants, facts));
  add(
    wants.inboxes,
    `SELECT r.run_id, x.id, x.type FROM @inbox x JOIN @runs r ON r.id = x.run
     WHERE ${among('r.run_id')} ORDER BY x.id`,
    (name) => facts.inboxes.set(name, []),
    (rows) => {
      for (const { run_id, id, type } of rows) {
        facts.inboxes.set(run_id, [...(facts.inboxes.get(run_id) ?? []), { id, type }]);
      }
    },
  );
  add(
    wants.positions,
    `SELECT r.run_id, (SELECT h.sequence + h.count - 1 FROM @history h WHERE h.run = r.id
       ORDER BY h.sequence DESC LIMIT 1) AS position FROM @runs r WHERE ${among('r.run_id')}`,
    (name) => facts.positions.set(name, 0),
    (rows) => {
      for (const row of rows) facts.positions.set(row.run_id, row.position ?? 0);
    },
  );
  add(
    wants.schedules,
    `SELECT schedule_id, version, status, last_sequence FROM @schedules
     WHERE ${among('schedule_id')} ORDER BY id ${lock}`,
    (name) => facts.schedules.set(name, null),
    (rows) => {
      for (const { schedule_id, version, status, last_sequence } of rows) {
        facts.schedules.set(schedule_id, { version, status, lastSequence: last_sequence });
      }
    },
  );
  add(
    wants.workers,
    `SELECT worker_id, id FROM @workers WHERE ${among('worker_id')}`,
    (name) => facts.workers.set(name, null),
    (rows) => {
      for (const row of rows) facts.workers.set(row.worker_id, row.id);
    },
  );
  return loads;
}

function loadHooks(dialect: Dialect, { hooks }: Wants, facts: Facts): Load {
  const pairs = [...hooks].map((name) => {
    const cut = name.indexOf('\0');
    return [name.slice(0, cut), name.slice(cut + 1)];
  });
  const source = dialect.given({ run_id: 'text', hook_id: 'text' }, pairs);
  return {
    asked: {
      text: `SELECT i.n, h.status, h.expires_at FROM ${source.text}
        JOIN @runs r ON r.run_id = i.run_id JOIN @hooks h ON h.run = r.id AND h.hook_id = i.hook_id`,
      values: source.values,
    },
    take(rows) {
      for (const name of hooks) facts.hooks.set(name, null);
      for (const row of rows) {
        const [runId = '', hookId = ''] = pairs[row.n - 1] ?? [];
        facts.hooks.set(nameIn(runId, hookId), { status: row.status, expiresAt: row.expires_at });
      }
    },
  };
}
