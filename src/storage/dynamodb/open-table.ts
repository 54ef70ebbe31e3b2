import type * as Driver from '@aws-sdk/client-dynamodb';
import { StoreError, StoreTooNewError, StoreUnavailableError } from '../../core/errors.ts';
import { nameOf } from './dynamodb-errors.ts';
import { INDICES, NUMBERS } from './keys.ts';
import { attributesOf, numberOf, type Wire } from './wire.ts';

const LAYOUT = 1;
/** Making a table takes AWS some ten seconds. */
const CREATION_MS = 120_000;

/**
 * Makes the table unless it is there, and waits until it can be used.
 * @throws StoreUnavailableError if it may not be made, StoreError for a table of something else
 */
export async function openTable(
  driver: typeof Driver,
  client: Driver.DynamoDBClient,
  tableName: string,
): Promise<void> {
  const giveUpAt = performance.now() + CREATION_MS;
  let table = await find(driver, client, tableName);
  if (table === null) await make(driver, client, tableName);
  while (table?.TableStatus !== 'ACTIVE' && table?.TableStatus !== 'UPDATING') {
    if (performance.now() > giveUpAt) {
      throw new StoreUnavailableError(`The DynamoDB table ${tableName} does not become active`);
    }
    if (table !== null) await new Promise((resolve) => setTimeout(resolve, 50));
    table = await find(driver, client, tableName);
  }
  assertOurs(table, tableName);
}

async function find(driver: typeof Driver, client: Driver.DynamoDBClient, TableName: string) {
  try {
    const { Table } = await client.send(new driver.DescribeTableCommand({ TableName }));
    return Table ?? null;
  } catch (error) {
    if (nameOf(error) === 'ResourceNotFoundException') return null;
    throw error;
  }
}

async function make(
  driver: typeof Driver,
  client: Driver.DynamoDBClient,
  TableName: string,
): Promise<void> {
  try {
    await client.send(new driver.CreateTableCommand({ TableName, ...tableLayout() }));
  } catch (cause) {
    // Another process was faster.
    if (nameOf(cause) === 'ResourceInUseException') return;
    if (nameOf(cause) !== 'AccessDeniedException') throw cause;
    throw new StoreUnavailableError(
      `There is no DynamoDB table ${TableName}, and these credentials may not create it`,
      { cause, hint: 'Allow dynamodb:CreateTable, or have somebody create the table who may' },
    );
  }
}

/** Also for whoever creates the table with tools of their own. */
export function tableLayout() {
  const indices = Object.entries(INDICES);
  const attributes = new Set(['pk', 'sk', ...indices.flatMap(([, keys]) => keys)]);
  const isNumber = (name: string) => NUMBERS.some((number) => number === name);
  return {
    BillingMode: 'PAY_PER_REQUEST' as const,
    KeySchema: keySchema('pk', 'sk'),
    AttributeDefinitions: [...attributes].map((name) => ({
      AttributeName: name,
      AttributeType: isNumber(name) ? ('N' as const) : ('S' as const),
    })),
    GlobalSecondaryIndexes: indices.map(([IndexName, [hash, range]]) => ({
      IndexName,
      KeySchema: keySchema(hash, range),
      // Who is found is read from the table: an index that copied more would be written more often.
      Projection: { ProjectionType: 'KEYS_ONLY' as const },
    })),
  };
}

function keySchema(hash: string, range: string) {
  return [
    { AttributeName: hash, KeyType: 'HASH' as const },
    { AttributeName: range, KeyType: 'RANGE' as const },
  ];
}

function assertOurs(table: Driver.TableDescription, tableName: string): void {
  const keys = table.KeySchema?.map((key) => key.AttributeName).join();
  const names = new Set(table.GlobalSecondaryIndexes?.map((index) => index.IndexName));
  const missing = Object.keys(INDICES).filter((name) => !names.has(name));
  if (keys === 'pk,sk' && missing.length === 0) return;
  throw new StoreError(`The DynamoDB table ${tableName} is none of pyworkflow's`, {
    hint: 'Name another table (storage.table_name): it will be created',
  });
}

/** @throws StoreTooNewError */
export async function checkLayout(wire: Wire, tableName: string): Promise<void> {
  const key = { pk: 'meta', sk: 'layout' };
  const item = attributesOf({ ...key, version: LAYOUT });
  if (await wire.put(item, { text: 'attribute_not_exists(#pk)' })) return;
  const found = numberOf((await wire.get(key)) ?? {}, 'version');
  if (found > LAYOUT) throw new StoreTooNewError(`The table ${tableName}`, found, LAYOUT);
}
