import type { SchemaTypes } from '../sql/schema.ts';
import {
  type Columns,
  type ColumnType,
  type Dialect,
  type Scalar,
  type Source,
  statement,
} from '../sql/server.ts';
import { toStored } from '../sql/text.ts';

const COLUMNS: Readonly<Record<ColumnType, string>> = {
  int: 'BIGINT',
  time: 'DOUBLE',
  text: 'LONGTEXT CHARACTER SET utf8mb4',
};

export const MYSQL_DIALECT: Dialect = {
  given: asJson,
  // The driver writes out the list; an empty one becomes NULL, which nothing equals.
  among: (column) => `${column} IN (?)`,
  contains: (column) => `INSTR(LOWER(${column}), LOWER(?)) > 0`,
  // Straight: from the few given rows to the table, never the other way round.
  update(table, sets, source, on) {
    const assigned = sets.map(([column, value]) => `r.${column} = ${value}`).join(', ');
    const text = `UPDATE ${source.text} STRAIGHT_JOIN @${table} r ON ${on} SET ${assigned}`;
    return { text, values: source.values };
  },
  remove: (table, source, on) => ({
    text: `DELETE r FROM ${source.text} STRAIGHT_JOIN @${table} r ON ${on}`,
    values: source.values,
  }),
  orUpdate(_keys, columns) {
    const sets = columns.map((column) => `${column} = VALUES(${column})`).join(', ');
    return `ON DUPLICATE KEY UPDATE ${sets}`;
  },
  orLock: (key) => `ON DUPLICATE KEY UPDATE ${key} = VALUES(${key})`,
  begin: [statement('START TRANSACTION')],
  // By the session's settings: see mysql-server.ts.
  patience: [],
  lockFence: (mode) =>
    statement(
      `SELECT value FROM @meta WHERE name = 'fence' ${mode === 'shared' ? 'LOCK IN SHARE MODE' : 'FOR UPDATE'}`,
    ),
  lockSkipping: 'FOR UPDATE SKIP LOCKED',
  lock: 'FOR UPDATE',
};

function asJson(columns: Columns, rows: readonly (readonly Scalar[])[]): Source {
  const named = Object.entries(columns).map(
    ([name, type], index) => `${name} ${COLUMNS[type]} PATH '$[${index}]'`,
  );
  const list = ['n FOR ORDINALITY', ...named].join(', ');
  const stored = rows.map((row) =>
    row.map((value) => (typeof value === 'string' ? toStored(value) : value)),
  );
  return {
    text: `JSON_TABLE(?, '$[*]' COLUMNS (${list})) AS i`,
    values: [JSON.stringify(stored)],
  };
}

/** Text is compared by its bytes, trailing spaces included; the two servers call that differently. */
export function mysqlTypes(isMariaDb: boolean): SchemaTypes {
  const collation = isMariaDb ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin';
  const text = (type: string) => `${type} CHARACTER SET utf8mb4 COLLATE ${collation}`;
  return {
    counter: 'BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY',
    int: 'BIGINT',
    time: 'DOUBLE',
    name: text('VARCHAR(512)'),
    text: text('LONGTEXT'),
    tableEnd: ' ENGINE = InnoDB',
    hotTableEnd: ' ENGINE = InnoDB',
    where: () => '',
  };
}
