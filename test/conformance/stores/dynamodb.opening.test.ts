import { CreateTableCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { openDynamoStore } from '../../../src/storage/dynamodb/dynamodb-store.ts';
import { numbers, startFree } from '../fixtures.ts';
import { dynamoTables } from './dynamodb-table.ts';

const { endpoint, table, meddle } = await dynamoTables();

test('processes that open a new table at the same instant all succeed', async () => {
  const { open } = table();
  const stores = await Promise.all(numbers(4).map(() => open()));
  const runId = await startFree(stores[0]!);
  expect((await stores[3]!.getRun(runId))?.runId).toBe(runId);
});

test('without the right to make the table, that is what it says', async () => {
  const { open, tableName } = table();
  meddle(({ operation }) =>
    operation === 'CreateTable' ? { refuse: 'AccessDeniedException' } : undefined,
  );
  await expect(open()).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: `There is no DynamoDB table ${tableName}, and these credentials may not create it`,
    hint: expect.stringContaining('dynamodb:CreateTable'),
  });
});

test('without any right, it names what is needed', async () => {
  const { open } = table();
  meddle(() => ({ refuse: 'AccessDeniedException' }));
  await expect(open()).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('AccessDeniedException'),
    hint: expect.stringContaining('Query'),
  });
});

test('the description tells where, and no secret', async () => {
  const { tableName } = table();
  const address = endpoint.replace('http://', 'http://user:secret@');
  const store = await openDynamoStore({ tableName, endpoint: address });
  const host = new URL(endpoint).host;
  expect(store.description).toBe(`dynamodb ${tableName} (eu-central-1, ${host})`);
  await store.close();
});

test('nobody there: the address is named', async () => {
  const opening = openDynamoStore({ tableName: 'any', endpoint: 'http://127.0.0.1:9' });
  await expect(opening).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('127.0.0.1:9'),
  });
});

test('a table of something else is left alone', async () => {
  const { tableName, open } = table();
  const client = new DynamoDBClient({ endpoint });
  const keys = { KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' as const }] };
  const AttributeDefinitions = [{ AttributeName: 'id', AttributeType: 'S' as const }];
  const BillingMode = 'PAY_PER_REQUEST';
  const create = { TableName: tableName, ...keys, AttributeDefinitions, BillingMode } as const;
  await client.send(new CreateTableCommand(create));
  await expect(open()).rejects.toMatchObject({ code: 'STORE' });
  client.destroy();
});

test('a newer layout is refused', async () => {
  const { tableName, open } = table();
  await open();
  const client = new DynamoDBClient({ endpoint });
  const Item = { pk: { S: 'meta' }, sk: { S: 'layout' }, version: { N: '99' } };
  await client.send(new PutItemCommand({ TableName: tableName, Item }));
  await expect(open()).rejects.toMatchObject({ code: 'STORE_TOO_NEW', details: { found: 99 } });
  client.destroy();
});
