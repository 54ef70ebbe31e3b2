import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { onPath } from './on-path.ts';

/**
 * Images made of this machine's own programs, since no registry is in reach: the real Redis, the
 * real PostgreSQL (of another version than the tag says), and for DynamoDB a web server that
 * answers like it at a glance. Under the names that `src/docker` asks for.
 */
export interface LocalImage {
  readonly tag: string;
  /** What it lacks here, or null when it can be made. */
  readonly missing: () => string | null;
  readonly fill: (root: string) => void;
  /** Dockerfile instructions. */
  readonly changes: readonly string[];
}

const POSTGRES = postgresFolder();

export const LOCAL_IMAGES = {
  redis: {
    tag: 'redis:7-alpine',
    missing: () => (onPath('redis-server') === null ? 'redis-server (apt: redis-server)' : null),
    fill: (root) => {
      addProgram(root, onPath('redis-server') ?? '', '/usr/bin/redis-server');
      // The official image is built without protected mode.
      addScript(root, 'exec "$@" --protected-mode no');
    },
    changes: ['ENTRYPOINT ["/bin/sh", "/entry.sh"]', 'WORKDIR /data', 'ENV PATH=/usr/bin:/bin'],
  },
  postgres: {
    tag: 'postgres:16-alpine',
    missing: () => (POSTGRES === null ? 'PostgreSQL (apt: postgresql)' : null),
    fill: (root) => {
      const folder = POSTGRES ?? '';
      for (const program of ['postgres', 'initdb']) addProgram(root, join(folder, 'bin', program));
      cpSync(join(folder, 'lib'), join(root, folder, 'lib'), {
        recursive: true,
        filter: (path) => !/bitcode|pgxs|\.a$|llvmjit/.test(path),
      });
      const share = join('/usr/share/postgresql', basename(folder));
      cpSync(share, join(root, share), { recursive: true, dereference: true });
      addScript(root, INIT_POSTGRES.replaceAll('BIN', join(folder, 'bin')));
    },
    changes: ['ENTRYPOINT ["/bin/sh", "/entry.sh"]', 'ENV PATH=/usr/bin:/bin'],
  },
  dynamodb: {
    tag: 'amazon/dynamodb-local:latest',
    missing: () => null,
    fill: (root) => {
      mkdirSync(join(root, 'home/dynamodblocal'), { recursive: true });
      addScript(root, "echo ready; trap 'exit 0' TERM; busybox httpd -f -p 8000 -h /tmp & wait");
    },
    changes: ['ENTRYPOINT ["/bin/sh", "/entry.sh"]', 'ENV PATH=/bin'],
  },
  /** Says why, and ends. */
  broken: {
    tag: 'broken:latest',
    missing: () => null,
    fill: (root) => addScript(root, 'echo no luck >&2; exit 3'),
    changes: ['ENTRYPOINT ["/bin/sh", "/entry.sh"]', 'ENV PATH=/bin'],
  },
} satisfies Record<string, LocalImage>;

/** As the official image does it, in short. */
const INIT_POSTGRES = `
set -e
cd /var/lib/postgresql/data
chown postgres .
if [ ! -s PG_VERSION ]; then
  echo "$POSTGRES_PASSWORD" > /tmp/password
  chown postgres /tmp/password
  su postgres -c "BIN/initdb -D . -U $POSTGRES_USER --pwfile=/tmp/password --no-sync --locale=C -A scram-sha-256"
  echo "CREATE DATABASE $POSTGRES_DB" | su postgres -c "BIN/postgres --single -D . postgres"
  echo "host all all all scram-sha-256" >> pg_hba.conf
fi
exec su postgres -c "exec BIN/postgres -D . -k /tmp -c listen_addresses='*'"`;

/** Makes the image in the engine at `host`. */
export function importImage(host: string, { tag, fill, changes }: LocalImage): void {
  const root = mkdtempSync(join(tmpdir(), 'pyworkflow-image-'));
  try {
    for (const folder of ['bin', 'etc', 'tmp', 'data', 'var/lib/postgresql/data']) {
      mkdirSync(join(root, folder), { recursive: true });
    }
    chmodSync(join(root, 'tmp'), 0o777);
    copyFileSync(onPath('busybox') ?? '', join(root, 'bin/busybox'));
    for (const name of ['sh', 'su', 'chown']) symlinkSync('busybox', join(root, 'bin', name));
    writeFileSync(
      join(root, 'etc/passwd'),
      'root:x:0:0::/:/bin/sh\npostgres:x:70:70::/tmp:/bin/sh\n',
    );
    fill(root);
    const options = changes.flatMap((change) => ['-c', change]);
    const tar = execFileSync('tar', ['-C', root, '-c', '.'], { maxBuffer: 1e9 });
    execFileSync('docker', ['-H', host, 'import', ...options, '-', tag], { input: tar });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function addScript(root: string, text: string): void {
  writeFileSync(join(root, 'entry.sh'), `${text}\n`);
}

/** The program, and the libraries it is linked with where it looks for them. */
function addProgram(root: string, path: string, as = path): void {
  add(root, path, as);
  const libraries = execFileSync('ldd', [path], { encoding: 'utf8' });
  for (const [library] of libraries.matchAll(/\/\S+/g)) add(root, library, library);
}

function add(root: string, from: string, to: string): void {
  const target = join(root, to);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(realpathSync(from), target);
}

function postgresFolder(): string | null {
  const folder = '/usr/lib/postgresql';
  if (!existsSync(folder)) return null;
  const newest = readdirSync(folder).sort((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? null : join(folder, newest);
}
