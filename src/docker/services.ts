/** The servers that workflows can use and that can be had from an image. */
export type ServiceName = 'redis' | 'postgres' | 'dynamodb';

export interface ServiceSpec {
  readonly name: ServiceName;
  readonly image: string;
  /** The name of the container, the same on every machine. */
  readonly container: string;
  /** Inside the container, and on 127.0.0.1 unless another one is chosen. */
  readonly port: number;
  /** The named volume that outlives the container, and where the server keeps its data. */
  readonly volume: { readonly name: string; readonly path: string };
  readonly environment: Readonly<Record<string, string>>;
  /** Instead of the image's own, or null. */
  readonly command: readonly string[] | null;
  /** Instead of the image's own, or null. */
  readonly user: string | null;
  readonly workingDirectory: string | null;
  /** What says inside the container that the server answers; null where the image has nothing. */
  readonly healthCommand: readonly string[] | null;
  readonly url: (port: number) => string;
}

export const NETWORK = 'pyworkflow';

/** On everything that is ours; its value is the service, or `network`. */
export const LABEL = 'pyworkflow.service';

/** Published here and nowhere else: the servers have no password, or one that everybody knows. */
export const HOST = '127.0.0.1';

export const RESTART_POLICY = 'unless-stopped';

export const SERVICES: Readonly<Record<ServiceName, ServiceSpec>> = {
  redis: {
    name: 'redis',
    image: 'redis:7-alpine',
    container: 'pyworkflow-redis',
    port: 6379,
    volume: { name: 'pyworkflow-redis-data', path: '/data' },
    environment: {},
    command: ['redis-server', '--appendonly', 'yes'],
    user: null,
    workingDirectory: null,
    healthCommand: ['redis-cli', 'ping'],
    url: (port) => `redis://${HOST}:${port}/0`,
  },
  postgres: {
    name: 'postgres',
    image: 'postgres:16-alpine',
    container: 'pyworkflow-postgres',
    port: 5432,
    volume: { name: 'pyworkflow-postgres-data', path: '/var/lib/postgresql/data' },
    environment: {
      POSTGRES_USER: 'pyworkflow',
      POSTGRES_PASSWORD: 'pyworkflow',
      POSTGRES_DB: 'pyworkflow',
    },
    command: null,
    user: null,
    workingDirectory: null,
    healthCommand: ['pg_isready', '--username', 'pyworkflow', '--dbname', 'pyworkflow'],
    url: (port) => `postgres://pyworkflow:pyworkflow@${HOST}:${port}/pyworkflow`,
  },
  dynamodb: {
    name: 'dynamodb',
    // The Engine API pulls every tag there is when none is named.
    image: 'amazon/dynamodb-local:latest',
    container: 'pyworkflow-dynamodb',
    port: 8000,
    volume: { name: 'pyworkflow-dynamodb-data', path: '/home/dynamodblocal/data' },
    environment: {},
    command: ['-jar', 'DynamoDBLocal.jar', '-sharedDb', '-dbPath', './data'],
    // The image's own user may not write to a new volume, which belongs to root.
    user: 'root',
    workingDirectory: '/home/dynamodblocal',
    healthCommand: null,
    url: (port) => `http://${HOST}:${port}`,
  },
};

export const SERVICE_NAMES: readonly ServiceName[] = ['redis', 'postgres', 'dynamodb'];
