import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { createTestEnvironment, replayHistory, type TestEnvironment } from '../../src/testing.ts';
import {
  type FrozenRun,
  normalised,
  type Outcome,
  type Played,
  play,
  type Script,
} from './scenario.ts';

/**
 * `FREEZE_SCENARIOS=<feature>` (or `all`) writes that feature's files anew. Without it, nothing is
 * written: a history that has come out different is a failure, and a frozen one that has changed
 * shows in the review. `npm run fix` formats what was written.
 */
const FREEZE = process.env.FREEZE_SCENARIOS;

const ROOT = fileURLToPath(new URL('.', import.meta.url));
const FEATURES = readdirSync(ROOT, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort();
const BACKENDS = ['memory', 'sqlite'] as const;

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function environment(backend: (typeof BACKENDS)[number]): Promise<TestEnvironment> {
  const folder = mkdtempSync(join(tmpdir(), 'pyworkflow-scenario-'));
  const path = join(folder, 'test.db');
  const env = await createTestEnvironment({
    config: { storage: { backend, path, durability: 'normal' } },
  });
  closers.push(async () => {
    await env.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return env;
}

describe.each(FEATURES)('%s', (feature) => {
  const folder = join(ROOT, feature);
  const read = <T>(name: string): T => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const script = async () => (await import(join(folder, 'script.ts'))).default as Script;

  async function freeze(): Promise<void> {
    const { outcomes, runs } = await play(await environment('memory'), await script());
    const write = (name: string, value: unknown) =>
      writeFileSync(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
    write('expected.json', normalised(outcomes));
    write('history.json', runs);
  }
  if (FREEZE === feature || FREEZE === 'all') test('is frozen', freeze);

  test.each(BACKENDS)('comes out as expected on %s', async (backend) => {
    const played: Played = await play(await environment(backend), await script());
    expect(normalised(played.outcomes)).toEqual(read<Outcome[]>('expected.json'));
    expect(normalised(played.runs)).toEqual(normalised(read<FrozenRun[]>('history.json')));
  });

  test.each(frozenIn(folder))('%s replays', async (name) => {
    await script();
    const runs = read<FrozenRun[]>(name);
    expect(runs.length).toBeGreaterThan(0);
    for (const { run_id: runId, workflow, events } of runs) {
      await replayHistory(workflow, events, { runId });
    }
  });
});

/** `history.json`, and those of older code beside it. */
function frozenIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => /^history.*\.json$/.test(name));
  return existsSync(join(folder, 'history.json')) ? names : [...names, 'history.json'];
}
