import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import { folderWith } from './config-folder.ts';

const NAME = 'pyworkflow.config.yaml';

async function failure(text: string, env: Record<string, string> = {}) {
  const cwd = folderWith({ [NAME]: text });
  const error = await loadConfig({ cwd, env }).then(
    () => new Error('it was accepted'),
    (thrown: Error) => thrown,
  );
  return error.message.replaceAll(`${cwd}/`, '');
}

describe('loadConfig', () => {
  it('finds the nearest file upward', async () => {
    const cwd = folderWith({
      [NAME]: 'runtime: local',
      [`a/${NAME}`]: 'module: near',
      'a/b/c/x.txt': '',
    });
    const file = await loadConfig({ cwd: join(cwd, 'a/b/c'), env: {} });
    expect(file?.path).toBe(join(cwd, 'a', NAME));
    expect(file?.values).toEqual({ module: ['near'] });
  });

  it('is null where there is none, and an error where one was named', async () => {
    const cwd = folderWith({});
    expect(await loadConfig({ cwd, env: {} })).toBeNull();
    await expect(loadConfig({ cwd, env: {}, path: 'x.yaml' })).rejects.toThrow(
      `There is no configuration file ${join(cwd, 'x.yaml')}`,
    );
  });

  it('reads every key, aliases included', async () => {
    const cwd = folderWith({
      [NAME]: [
        'modules: [a, b]',
        'storage: { type: SQLite, base_path: data, durability: normal, port: 5432 }',
        'durable: false',
        'default_retries: 1',
        'redis: { url: redis://localhost }',
        'recovery: { recover_on_worker_loss: false, max_recovery_attempts: 0 }',
        'limits: { event_soft_limit: 1, event_hard_limit: 2, event_warning_interval: 3, max_nesting_depth: 4 }',
        'worker: { concurrency: 5, cache_size: 6, lease: 1m30s }',
        'retention: 30d',
      ].join('\n'),
    });
    expect((await loadConfig({ cwd, env: {} }))?.values).toMatchObject({
      modules: ['a', 'b'],
      storage: { backend: 'sqlite', path: 'data', durability: 'normal' },
      durable: false,
      defaultRetries: 1,
      recovery: { recoverOnWorkerLoss: false, maxRecoveryAttempts: 0 },
      limits: { eventSoftLimit: 1, eventHardLimit: 2, eventWarningInterval: 3, maxNestingDepth: 4 },
      worker: { concurrency: 5, cacheSize: 6, lease: 90_000 },
    });
  });

  it('accepts an empty file', async () => {
    const cwd = folderWith({ [NAME]: '# nothing yet\n' });
    expect((await loadConfig({ cwd, env: {} }))?.values).toEqual({});
  });

  it('replaces ${NAME}, numbers and booleans included', async () => {
    const cwd = folderWith({
      [NAME]: 'module: ${HERE}/flows\ndurable: ${D}\nworker: { concurrency: "${N}" }\n',
    });
    const file = await loadConfig({ cwd, env: { HERE: 'x', D: 'false', N: '7' } });
    expect(file?.values).toEqual({
      module: ['x/flows'],
      durable: false,
      worker: { concurrency: 7 },
    });
  });

  it('knows the ancestor’s celery keys and says what they are called now', async () => {
    const cwd = folderWith({ [NAME]: 'celery:\n  broker: redis://localhost\n' });
    const file = await loadConfig({ cwd, env: {} });
    expect(file?.advice).toEqual([
      expect.stringContaining('celery.broker is called redis.url here'),
    ]);
  });

  it.each([
    ['runtme: local', `${NAME}:1:1: unknown key 'runtme'; did you mean 'runtime'?`],
    [
      'storage:\n  bakend: sqlite',
      `${NAME}:2:3: unknown key 'bakend' in storage; did you mean 'backend'?`,
    ],
    [
      'worker: { concurrency: many }',
      `${NAME}:1:24: worker.concurrency must be a whole number, not "many"`,
    ],
    ['worker: { concurrency: 0 }', `${NAME}:1:24: worker.concurrency must be at least 1`],
    ['durable: 1', `${NAME}:1:10: durable must be true or false, not 1`],
    ['storage: sqlite', `${NAME}:1:10: storage must be a map of keys`],
    ['module: [a, 1]', `${NAME}:1:13: module must be a text or a list of texts, not 1`],
    ['worker: { lease: soon }', `${NAME}:1:18: worker.lease must be a duration like 30s`],
    [
      'storage: { backend: sqlit }',
      `${NAME}:1:21: storage.backend must be one of sqlite, file, memory, postgres, mysql, dynamodb, not "sqlit"; did you mean 'sqlite'?`,
    ],
    [
      'runtime: bullmq',
      `${NAME}:1:10: runtime "bullmq" is not available in this version; available: local`,
    ],
    [
      'storage: { type: sqlite, backend: memory }',
      `${NAME}:1:26: storage.backend says the same as backend`,
    ],
    [
      'storage: { path: "${NO_SUCH}" }',
      `${NAME}:1:18: the environment variable NO_SUCH is not set`,
    ],
    ['a: [', `${NAME}:1:5: `],
    ['runtime: local\nruntime: local', `${NAME}:2:1: Map keys must be unique`],
    ['- a', `${NAME}:1:1: the configuration must be a map of keys`],
    ['__proto__: 1', "unknown key '__proto__'"],
    ['constructor: 1', "unknown key 'constructor'"],
  ])('refuses %j', async (text, message) => {
    expect(await failure(text)).toContain(message);
  });

  it('reports all problems at once', async () => {
    const message = await failure('runtme: x\ndurable: 7\nworker: { threads: 2 }');
    expect(message.split('\n')).toEqual([
      'The configuration has 3 problems:',
      expect.stringContaining(':1:1: '),
      expect.stringContaining(':2:10: '),
      expect.stringContaining(':3:11: '),
    ]);
  });
});
