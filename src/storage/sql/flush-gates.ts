import type { Changes, RunRef } from './changes.ts';
import { insertFor } from './insert-for.ts';
import { type Columns, type Dialect, type Scalar, type Statement, statement } from './server.ts';

const STAND: Columns = {
  gate: 'text',
  name: 'text',
  joins: 'int',
  held: 'int',
  gate_set: 'text',
};

/** Who stands at which gate. What is locked are the gates. */
export function flushGates(dialect: Dialect, changes: Changes): Statement[] {
  const { left, inherited, stands, admitted, places } = changes;
  const { among, given } = dialect;
  const statements: Statement[] = [];
  if (inherited.length > 0) {
    const rows = inherited.map(({ from, to }) => [from.id, to.runId]);
    const heir = '(SELECT x.id FROM @runs x WHERE x.run_id = i.heir)';
    const source = given({ run: 'int', heir: 'text' }, rows);
    statements.push(dialect.update('stands', [['run', heir]], source, 'r.run = i.run'));
  }
  if (left.size > 0) {
    statements.push(statement(`DELETE FROM @stands WHERE ${among('run')}`, numbersOf(left)));
  }
  if (stands.length > 0) {
    const rows = stands.map(({ ref, gate, name, joins, held, gateSet }): [RunRef, Scalar[]] => [
      ref,
      [gate, name, joins ? 1 : 0, held ? 1 : 0, gateSet],
    ]);
    statements.push(insertFor(dialect, 'stands', STAND, rows));
  }
  if (admitted.size > 0) {
    const hold = `UPDATE @stands SET held = 1 WHERE ${among('run')}`;
    statements.push(statement(hold, numbersOf(admitted)));
  }
  if (places.size > 0) {
    const source = given({ name: 'text', places: 'int' }, [...places]);
    statements.push(dialect.update('gates', [['places', 'i.places']], source, 'r.name = i.name'));
  }
  return statements;
}

/** Gates that nobody stands at any more. */
export function forgetGates({ among }: Dialect, names: readonly string[]): Statement[] {
  return names.length === 0 ? [] : [statement(`DELETE FROM @gates WHERE ${among('name')}`, names)];
}

function numbersOf(refs: ReadonlyMap<string, RunRef>): (number | null)[] {
  return [...refs.values()].map((ref) => ref.id);
}
