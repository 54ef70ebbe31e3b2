import { statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { ConfigurationError } from '../core/errors.ts';
import type { CheckedConfig } from './check-config.ts';
import type { ResolvedConfig, StorageBackend, TableSettings } from './config.ts';

type Storage = NonNullable<CheckedConfig['storage']>;
type Pick = <K extends keyof Storage>(key: K) => Storage[K] | undefined;

export const DATABASE_NAME = 'pyworkflow.db';

/** Which store the scheme of a URL speaks of. */
const SCHEMES: Readonly<Record<string, StorageBackend>> = {
  postgres: 'postgres',
  postgresql: 'postgres',
  mysql: 'mysql',
  mariadb: 'mysql',
};

/**
 * @param pick the value of the strongest source
 * @param home relative to what the database file lies by default
 * @throws ConfigurationError if the URL does not fit the backend
 */
export function resolveStorage(pick: Pick, home: string): ResolvedConfig['storage'] {
  const url = pick('url');
  const named = pick('backend');
  const backend = named ?? (url === undefined ? 'sqlite' : backendOf(url));
  if (isServer(backend) && url !== undefined && backendOf(url) !== backend) {
    throw new ConfigurationError(
      `storage.backend is ${backend}, but storage.url is one of ${backendOf(url)}`,
    );
  }
  return {
    backend,
    path: placeOf(backend, pick('path') ?? join(home, 'pyworkflow_data')),
    durability: pick('durability') ?? 'full',
    server: isServer(backend)
      ? {
          url,
          host: pick('host'),
          port: pick('port'),
          user: pick('user'),
          password: pick('password'),
          database: pick('database'),
          schema: pick('schema'),
          poolSize: pick('poolSize'),
        }
      : null,
    ...(backend === 'dynamodb' && { table: tableOf(pick) }),
  };
}

function tableOf(pick: Pick): TableSettings {
  const tableName = pick('tableName') ?? 'pyworkflow';
  return { tableName, region: pick('region'), endpoint: pick('endpointUrl') };
}

/**
 * The file store is a folder. A path may name the database or the folder it lies in; one that does
 * not exist yet is judged by its looks.
 */
function placeOf(backend: StorageBackend, path: string): string {
  if (backend === 'file') return path;
  const found = statSync(path, { throwIfNoEntry: false });
  const isFolder = found?.isDirectory() ?? (/[\\/]$/.test(path) || extname(path) === '');
  return isFolder && !found?.isFile() ? join(path, DATABASE_NAME) : path;
}

function isServer(backend: StorageBackend): boolean {
  return Object.values(SCHEMES).includes(backend);
}

function backendOf(url: string): StorageBackend {
  const [scheme = ''] = url.split(':', 1);
  const backend = SCHEMES[scheme.toLowerCase()];
  if (backend !== undefined) return backend;
  const known = Object.keys(SCHEMES).join(', ');
  throw new ConfigurationError(
    `A '${scheme}' database is not available in this version; a storage.url begins with one of: ${known}`,
    { hint: 'Remove the storage url, or name the backend: storage.backend' },
  );
}
