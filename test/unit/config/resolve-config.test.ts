import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import type { ConfigFile } from '../../../src/config/load-config.ts';
import { resolveConfig } from '../../../src/config/resolve-config.ts';
import { folderWith } from './config-folder.ts';

const file: ConfigFile = {
  path: '/project/pyworkflow.config.yaml',
  advice: [],
  values: {
    module: ['flows'],
    storage: { backend: 'sqlite', path: 'data/x.db' },
    worker: { concurrency: 4 },
  },
};

describe('resolveConfig', () => {
  it('has a default for everything', () => {
    expect(resolveConfig({ env: {}, cwd: '/here' })).toEqual({
      modules: [],
      runtime: 'local',
      storage: {
        backend: 'sqlite',
        path: '/here/pyworkflow_data/pyworkflow.db',
        durability: 'full',
        server: null,
      },
      durable: true,
      codeVersion: null,
      defaultRetries: 3,
      recovery: { recoverOnWorkerLoss: true, maxRecoveryAttempts: 3 },
      limits: {
        eventSoftLimit: 10_000,
        eventHardLimit: 50_000,
        eventWarningInterval: 100,
        maxNestingDepth: 3,
        payloadHardLimit: 67108864,
        payloadWarningSize: 262144,
      },
      worker: { concurrency: 10, cacheSize: 1000, leaseMs: 15_000 },
      observability: {
        tracing: false,
        metrics: false,
        logLevel: null,
        logFormat: null,
        logFile: null,
      },
      file: null,
    });
  });

  it('takes flags over program over environment over file', () => {
    const env = { PYWORKFLOW_MODULE: 'env', PYWORKFLOW_STORAGE_BACKEND: 'memory' };
    const config: Config = { module: 'program' };
    const modules = (sources: object) =>
      resolveConfig({ env: {}, cwd: '/here', file, ...sources }).modules;
    expect(modules({})).toEqual(['/project/flows']);
    expect(modules({ env })).toEqual(['/here/env']);
    expect(modules({ env, config })).toEqual(['/here/program']);
    expect(modules({ env, config, flags: { module: ['a', '/b'] } })).toEqual(['/here/a', '/b']);
    expect(resolveConfig({ env, cwd: '/here', file }).storage.backend).toBe('memory');
    const flags = { storage: 'sqlite' };
    expect(resolveConfig({ env, cwd: '/here', file, flags }).storage.backend).toBe('sqlite');
  });

  it('reads PYWORKFLOW_DISCOVER as a list, below PYWORKFLOW_MODULE', () => {
    const env = { PYWORKFLOW_DISCOVER: 'a, b,' };
    expect(resolveConfig({ env, cwd: '/here' }).modules).toEqual(['/here/a', '/here/b']);
    const both = { ...env, PYWORKFLOW_MODULE: 'c' };
    expect(resolveConfig({ env: both, cwd: '/here' }).modules).toEqual(['/here/c']);
  });

  it('places the data beside the file, if there is one', () => {
    const bare = { ...file, values: {} };
    expect(resolveConfig({ env: {}, cwd: '/here', file: bare }).storage.path).toBe(
      '/project/pyworkflow_data/pyworkflow.db',
    );
    expect(resolveConfig({ env: {}, cwd: '/here', file }).storage.path).toBe('/project/data/x.db');
  });

  it.each([
    ['folder', 'folder/pyworkflow.db'],
    ['new/folder', 'new/folder/pyworkflow.db'],
    ['new.d/', 'new.d/pyworkflow.db'],
    ['dir.with.dots', 'dir.with.dots/pyworkflow.db'],
    ['x.db', 'x.db'],
    ['plainfile', 'plainfile'],
  ])('takes the storage path %s as %s', (path, expected) => {
    const cwd = folderWith({ 'folder/a': '', 'dir.with.dots/a': '', plainfile: '' });
    const { storage } = resolveConfig({ env: { PYWORKFLOW_STORAGE_PATH: path }, cwd });
    expect(storage.path).toBe(join(cwd, expected));
  });

  it.each([
    [
      { flags: { runtime: 'bullmq' } },
      '--runtime: runtime "bullmq" is not available in this version',
    ],
    [{ flags: { storage: 'oracle' } }, '--storage: storage.backend must be one of sqlite, '],
    [{ env: { PYWORKFLOW_RUNTIME: 'celery' } }, 'PYWORKFLOW_RUNTIME: runtime must be one of local'],
    [{ env: { PYWORKFLOW_STORAGE_URL: 'oracle://x' } }, "A 'oracle' database is not available"],
    [{ config: { wroker: {} } as Config }, "wroker: unknown key 'wroker'; did you mean 'worker'?"],
    [{ config: { worker: { lease: 'x' } } }, 'worker.lease must be a duration'],
  ])('refuses %j', (sources, message) => {
    expect(() => resolveConfig({ env: {}, cwd: '/here', ...sources })).toThrow(message);
  });

  it('takes the log level from --verbose, a variable, the file; the log file from beside its file', () => {
    const values = { observability: { logLevel: 'error', logFile: 'x.log' } } as const;
    const logging = (sources: object) =>
      resolveConfig({ env: {}, cwd: '/here', file: { ...file, values }, ...sources }).observability;
    expect(logging({})).toMatchObject({ logLevel: 'error', logFile: '/project/x.log' });
    const env = { PYWORKFLOW_LOG_LEVEL: 'INFO' };
    expect(logging({ env }).logLevel).toBe('info');
    expect(logging({ env, flags: { verbose: true } }).logLevel).toBe('debug');
    const config = { observability: { logFile: 'y.log' } };
    expect(logging({ config }).logFile).toBe('/here/y.log');
  });

  it('knows camelCase from programs', () => {
    const config: Config = { defaultRetries: 0, worker: { cacheSize: 2, lease: { minutes: 1 } } };
    const resolved = resolveConfig({ env: {}, cwd: '/here', config });
    expect(resolved.defaultRetries).toBe(0);
    expect(resolved.worker).toEqual({ concurrency: 10, cacheSize: 2, leaseMs: 60_000 });
  });

  it('a server is named by its URL, or by its parts', () => {
    const of = (storage: NonNullable<Config['storage']>) =>
      resolveConfig({ config: { storage }, env: {}, cwd: '/here' }).storage;
    const parts = {
      url: undefined,
      host: undefined,
      port: undefined,
      user: undefined,
      password: undefined,
      database: undefined,
      schema: undefined,
      poolSize: undefined,
    };
    for (const [scheme, backend] of [
      ['postgres', 'postgres'],
      ['postgresql', 'postgres'],
      ['mysql', 'mysql'],
      ['mariadb', 'mysql'],
    ]) {
      const url = `${scheme}://me:secret@db/orders`;
      expect(of({ url })).toMatchObject({ backend, server: { ...parts, url } });
    }
    const given = {
      host: 'db',
      port: 5433,
      user: 'me',
      database: 'orders',
      schema: 's',
      poolSize: 4,
    };
    expect(of({ backend: 'postgres', ...given }).server).toEqual({ ...parts, ...given });
    expect(() => of({ backend: 'mysql', url: 'postgres://db/orders' })).toThrow(
      'storage.backend is mysql, but storage.url is one of postgres',
    );
    expect(() => of({ url: 'oracle://db/orders' })).toThrow(
      "A 'oracle' database is not available in this version",
    );
  });
});
