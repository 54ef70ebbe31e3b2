import type * as Driver from '@aws-sdk/client-dynamodb';
import { MissingDependencyError } from '../../core/errors.ts';

export interface DynamoOptions {
  readonly tableName: string;
  /** Default: what the environment says (AWS_REGION), else us-east-1. */
  readonly region?: string | undefined;
  /** Of another implementation of the protocol: http://localhost:8000. */
  readonly endpoint?: string | undefined;
}

/** @throws MissingDependencyError */
export async function loadDriver(): Promise<typeof Driver> {
  try {
    return await import('@aws-sdk/client-dynamodb');
  } catch (cause) {
    throw new MissingDependencyError('@aws-sdk/client-dynamodb', 'The dynamodb store', cause);
  }
}

/** Credentials come from where the AWS SDK looks for them. */
export function createDriverClient(
  driver: typeof Driver,
  { region, endpoint }: DynamoOptions,
): Driver.DynamoDBClient {
  return new driver.DynamoDBClient({
    region: regionOf({ region }),
    // Throttled requests are made again, more and more slowly.
    maxAttempts: 6,
    ...(endpoint === undefined ? {} : { endpoint }),
  });
}

export function regionOf({ region }: Pick<DynamoOptions, 'region'>): string {
  return region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? 'us-east-1';
}

/** Without secrets: an address may carry a password. */
export function describeTable(options: DynamoOptions): string {
  const { tableName, endpoint } = options;
  const region = regionOf(options);
  return `dynamodb ${tableName} (${endpoint === undefined ? region : `${region}, ${hostOf(endpoint)}`})`;
}

function hostOf(endpoint: string): string {
  return URL.canParse(endpoint) ? new URL(endpoint).host : 'unreadable address';
}
