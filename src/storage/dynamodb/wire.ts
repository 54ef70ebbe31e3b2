import { randomInt } from 'node:crypto';
import type * as Driver from '@aws-sdk/client-dynamodb';
import { nameOf } from './dynamodb-errors.ts';
import { INDICES, type IndexName, ROOT } from './keys.ts';

export type Item = Record<string, Driver.AttributeValue>;

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** An expression and the values it names; its attributes are written as they are, `#` before each. */
export interface Condition {
  readonly text: string;
  readonly values?: Record<string, string | number>;
}

export interface Change {
  readonly set?: Record<string, string | number | undefined>;
  readonly add?: Record<string, number>;
  readonly remove?: readonly string[];
}

export interface Range {
  readonly index?: IndexName;
  readonly hash: string;
  /** About the sort key, which is `#k`: `#k <= :to`. */
  readonly where?: Condition;
  readonly descending?: boolean;
  /** Items a page, at most. */
  readonly limit?: number;
}

/** The few requests this store makes of DynamoDB. All reads but those of indices are consistent. */
export interface Wire {
  get(key: Key): Promise<Item | null>;
  /** Roots by partition; those that do not exist are missing. */
  getRoots(pks: readonly string[]): Promise<Map<string, Item>>;
  /** False if the condition does not hold. */
  put(item: Item, condition?: Condition): Promise<boolean>;
  /** The changed attributes as they are now; null if the condition does not hold. */
  update(key: Key, change: Change, condition?: Condition): Promise<Item | null>;
  putAll(items: readonly Item[]): Promise<void>;
  deleteAll(keys: readonly Key[]): Promise<void>;
  /** Pages, until nobody wants more. */
  query(range: Range): AsyncGenerator<Item[]>;
}

const BATCH_WRITE = 25;
const BATCH_READ = 100;

export function createWire(
  driver: typeof Driver,
  client: Driver.DynamoDBClient,
  TableName: string,
): Wire {
  async function conditional<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (nameOf(error) === 'ConditionalCheckFailedException') return null;
      throw error;
    }
  }

  async function writeAll(requests: readonly Driver.WriteRequest[]): Promise<void> {
    for (let at = 0; at < requests.length; at += BATCH_WRITE) {
      let rest: Driver.WriteRequest[] = requests.slice(at, at + BATCH_WRITE);
      for (let tries = 0; rest.length > 0; tries++) {
        if (tries > 0) await pause(tries);
        const command = new driver.BatchWriteItemCommand({ RequestItems: { [TableName]: rest } });
        rest = (await client.send(command)).UnprocessedItems?.[TableName] ?? [];
      }
    }
  }

  async function readSome(pks: readonly string[], found: Map<string, Item>): Promise<void> {
    let rest: Item[] = pks.map((pk) => attributesOf({ pk, sk: ROOT }));
    for (let tries = 0; rest.length > 0; tries++) {
      if (tries > 0) await pause(tries);
      const asked = { [TableName]: { Keys: rest, ConsistentRead: true } };
      const answer = await client.send(new driver.BatchGetItemCommand({ RequestItems: asked }));
      for (const item of answer.Responses?.[TableName] ?? []) found.set(textOf(item, 'pk'), item);
      rest = answer.UnprocessedKeys?.[TableName]?.Keys ?? [];
    }
  }

  return {
    async get(key) {
      const asked = { TableName, Key: attributesOf(key), ConsistentRead: true };
      return (await client.send(new driver.GetItemCommand(asked))).Item ?? null;
    },
    async getRoots(pks) {
      const found = new Map<string, Item>();
      const unique = [...new Set(pks)];
      const parts = [];
      for (let at = 0; at < unique.length; at += BATCH_READ) {
        parts.push(readSome(unique.slice(at, at + BATCH_READ), found));
      }
      await Promise.all(parts);
      return found;
    },
    async put(Item, condition) {
      const done = await conditional(() =>
        client.send(new driver.PutItemCommand({ TableName, Item, ...conditionOf(condition) })),
      );
      return done !== null;
    },
    async update(key, change, condition) {
      const done = await conditional(() =>
        client.send(
          new driver.UpdateItemCommand({
            TableName,
            Key: attributesOf(key),
            ReturnValues: 'UPDATED_NEW',
            ...updateOf(change, condition),
          }),
        ),
      );
      return done === null ? null : (done.Attributes ?? {});
    },
    putAll: (items) => writeAll(items.map((Item) => ({ PutRequest: { Item } }))),
    deleteAll: (keys) =>
      writeAll(keys.map((key) => ({ DeleteRequest: { Key: attributesOf(key) } }))),
    async *query({ index, hash, where, descending = false, limit }) {
      const [hashName, rangeName] = index === undefined ? ['pk', 'sk'] : INDICES[index];
      const names = { '#h': hashName, ...(where === undefined ? {} : { '#k': rangeName }) };
      const asked = {
        TableName,
        ...(index === undefined ? { ConsistentRead: true } : { IndexName: index }),
        KeyConditionExpression: where === undefined ? '#h = :h' : `#h = :h AND ${where.text}`,
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: attributesOf({ ':h': hash, ...where?.values }),
        ScanIndexForward: !descending,
        ...(limit === undefined ? {} : { Limit: limit }),
      };
      let from: Item | undefined;
      do {
        const command = new driver.QueryCommand({
          ...asked,
          ...(from && { ExclusiveStartKey: from }),
        });
        const answer: Driver.QueryCommandOutput = await client.send(command);
        from = answer.LastEvaluatedKey;
        yield answer.Items ?? [];
      } while (from !== undefined);
    },
  };
}

export function attributesOf(values: object): Item {
  const item: Item = {};
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined)
      item[name] = typeof value === 'number' ? { N: `${value}` } : { S: value };
  }
  return item;
}

export function textOf(item: Item, name: string): string {
  return item[name]?.S ?? '';
}

export function numberOf(item: Item, name: string): number {
  return Number(item[name]?.N ?? 0);
}

function conditionOf(condition: Condition | undefined) {
  if (condition === undefined) return {};
  const { text, values } = condition;
  return {
    ConditionExpression: text,
    ExpressionAttributeNames: namesIn(text),
    ...(values && { ExpressionAttributeValues: attributesOf(values) }),
  };
}

function updateOf({ set = {}, add = {}, remove = [] }: Change, condition: Condition | undefined) {
  const values: Record<string, string | number> = { ...condition?.values };
  const parts: string[] = [];
  const setting = Object.entries(set).filter(([, value]) => value !== undefined);
  const clause = (word: string, texts: string[]) => {
    if (texts.length > 0) parts.push(`${word} ${texts.join(', ')}`);
  };
  clause(
    'SET',
    setting.map(([name, value]) => {
      values[`:s_${name}`] = value as string | number;
      return `#${name} = :s_${name}`;
    }),
  );
  clause(
    'REMOVE',
    remove.map((name) => `#${name}`),
  );
  clause(
    'ADD',
    Object.entries(add).map(([name, value]) => {
      values[`:a_${name}`] = value;
      return `#${name} :a_${name}`;
    }),
  );
  const text = parts.join(' ');
  return {
    UpdateExpression: text,
    ExpressionAttributeNames: namesIn(`${text} ${condition?.text ?? ''}`),
    ...(condition && { ConditionExpression: condition.text }),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: attributesOf(values) }),
  };
}

function namesIn(text: string): Record<string, string> {
  const found = [...text.matchAll(/#(\w+)/g)].map(([alias, name]) => [alias, name]);
  return Object.fromEntries(found);
}

/** Longer each time, and never the same for two who meet. */
export function pause(tries: number): Promise<void> {
  const ms = Math.min(400, 4 * 2 ** Math.min(tries, 7)) * (randomInt(50, 150) / 100);
  return new Promise((resolve) => setTimeout(resolve, ms));
}
