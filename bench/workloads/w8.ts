import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { freshFolder, inChild, ROOT } from '../lib/child-process.ts';
import { check, inFlight } from '../lib/clock.ts';
import { openEngine } from '../lib/engine.ts';
import type { Figures, Params, Variant, Workload } from '../lib/workload.ts';

const BIN = join(ROOT, 'bin', 'pyworkflow.js');

/** Start-up of the command line against a Node that does nothing. */
export const w8: Workload = {
  id: 'W8',
  title: 'start-up of the command line',
  jobs: { fill },
  async variants({ quick, pairs }) {
    const runs = quick ? 10_000 : 100_000;
    const folder = freshFolder();
    await inChild('W8', 'fill', { runs }, folder);
    const times = Math.max(pairs, 10);
    return [
      command('--help', ['--help'], folder, times, 2),
      command(`runs list, ${runs} runs`, ['runs', 'list'], folder, times, 3),
    ];
  },
};

function command(name: string, args: string[], cwd: string, pairs: number, most: number): Variant {
  return {
    name,
    sides: ['engine', 'bare'],
    pairs,
    metrics: [{ key: 'ms', unit: 'ms', target: { of: 'ratio', most } }],
    note: 'bare: node -e 0',
    async measure(side) {
      const start = performance.now();
      const line = side === 'bare' ? ['-e', '0'] : [BIN, ...args];
      const { status, stderr } = spawnSync(process.execPath, line, { cwd, encoding: 'utf8' });
      const ms = performance.now() - start;
      check(status === 0, `pyworkflow ${args.join(' ')} exits with 0: ${stderr}`);
      return { ms };
    },
  };
}

async function fill({ runs = 0 }: Params, folder: string): Promise<Figures> {
  const { client, workflow, step } = await openEngine(folder, { concurrency: 1000 });
  const noop = step({ name: 'noop' }, async (index: number) => index);
  const bench = workflow({ name: 'bench' }, (index: number) => noop(index));
  await inFlight(runs, 1000, async (index) => {
    const handle = await client.start(bench, index);
    await handle.result();
  });
  await client.close();
  return {};
}
