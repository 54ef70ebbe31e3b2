import { createHash } from 'node:crypto';
import type { Client, QueryConfig, QueryResult } from 'pg';
import type { Parameter, Row, Scalar, Statement } from '../sql/server.ts';
import { fromStored, toStored } from '../sql/text.ts';
import { quoted } from './postgres-options.ts';

/** How statements become what the driver sends. */
export interface Wire {
  readonly send: (
    client: Client,
    statements: readonly Statement[],
  ) => Promise<readonly (readonly Row[])[]>;
  /** From now on nothing is prepared: the connection leads through a pooler that does not allow it. */
  readonly stopPreparing: () => void;
}

interface Prepared {
  readonly text: string;
  readonly name: string;
}

/** Larger texts are of one use only, such as those with a list of columns of many rows. */
const MOST_PREPARED = 300;

export function createWire(schema: string): Wire {
  const known = new Map<string, Prepared>();
  let preparing = true;

  function prepared({ text }: Statement): Prepared {
    let found = known.get(text);
    if (found === undefined) {
      const converted = converter(schema, text);
      // Named by its content: two processes that share a session never mean different statements.
      const hash = createHash('sha256').update(converted).digest('hex').slice(0, 24);
      found = { text: converted, name: `pw_${hash}` };
      known.set(text, found);
    }
    return found;
  }

  return {
    async send(client, statements) {
      // One write for all of them.
      const { stream } = (client as unknown as { connection: { stream: Corkable } }).connection;
      stream.cork();
      const answers = statements.map((statement) => {
        const { text, name } = prepared(statement);
        const values = statement.values.map(toWire);
        // Without a name it goes through the simple protocol: quickest for BEGIN and its like.
        const named = preparing && values.length > 0 && known.size <= MOST_PREPARED;
        const query: QueryConfig = named ? { name, text, values } : { text, values };
        return client.query(query);
      });
      stream.uncork();
      const settled = await Promise.allSettled(answers);
      // Those behind the first that fails only say that the transaction is over.
      for (const one of settled) if (one.status === 'rejected') throw one.reason;
      const results = settled.map((one) => (one as PromiseFulfilledResult<QueryResult>).value);
      const last = statements.at(-1);
      if (last?.text === 'COMMIT' && results.at(-1)?.command !== 'COMMIT') {
        throw new Error('the transaction was rolled back');
      }
      return results.map((result) => result.rows.map(fromWire));
    },
    stopPreparing() {
      preparing = false;
    },
  };
}

interface Corkable {
  cork(): void;
  uncork(): void;
}

function converter(schema: string, text: string): string {
  let count = 0;
  return text
    .replaceAll(/@(\w+)/g, (_, table: string) => `${quoted(schema)}.${quoted(table)}`)
    .replaceAll('?', () => {
      count += 1;
      return `$${count}`;
    });
}

function toWire(value: Parameter): unknown {
  return Array.isArray(value) ? value.map(scalarToWire) : scalarToWire(value as Scalar);
}

function scalarToWire(value: Scalar): Scalar {
  return typeof value === 'string' ? toStored(value) : value;
}

function fromWire(row: Record<string, unknown>): Row {
  for (const name in row) {
    const value = row[name];
    if (typeof value === 'string') row[name] = fromStored(value);
  }
  return row;
}
