import type { Cli } from '../cli-context.ts';
import { type Played, play } from '../demo/play.ts';
import { isProven, type StepCount } from '../demo/proof.ts';
import { type Stage, setStage } from '../demo/stage.ts';
import { createTimeline } from '../demo/timeline.ts';
import { EXIT } from '../exit-codes.ts';
import { Interrupted } from '../usage-error.ts';

export interface DemoOptions {
  readonly keep?: true;
}

const PATIENCE_MS = 30_000;

/** A run whose process is killed finishes in another one; the steps themselves count the proof. */
export async function demo(cli: Cli, options: DemoOptions): Promise<number> {
  const begin = cli.clock.now();
  const stage = await setStage(cli.io);
  const late = new AbortController();
  const callOff = cli.clock.after(PATIENCE_MS, () =>
    late.abort(new Error('The demo took too long')),
  );
  try {
    intro(cli);
    const app = await openStage(stage);
    try {
      const timeline = createTimeline(cli.output, cli.clock, cli.command);
      const signal = AbortSignal.any([cli.signal, late.signal]);
      const played = await play(app.client, stage, cli.clock, timeline, signal);
      return report(cli, played, cli.clock.now() - begin);
    } finally {
      await app.close();
    }
  } catch (error) {
    throw cli.signal.aborted ? new Interrupted() : error;
  } finally {
    callOff();
    if (options.keep) cli.output.info(`Kept ${stage.folder}`);
    else await stage.clear();
  }
}

/** Not the caller's configuration: the demo must not touch their runs. */
async function openStage({ configFile, env, folder }: Stage) {
  const [{ loadConfig }, { resolveConfig }, { discoverWorkflows }, { openApp }] = await Promise.all(
    [
      import('../../config/load-config.ts'),
      import('../../config/resolve-config.ts'),
      import('../../discovery/discover-workflows.ts'),
      import('../../app.ts'),
    ],
  );
  const file = await loadConfig({ cwd: folder, env, path: configFile });
  const config = resolveConfig({ env, file, cwd: folder });
  await discoverWorkflows(config.modules);
  return openApp(config);
}

function intro({ output }: Cli): void {
  if (output.format !== 'table') return;
  const { bold, dim } = output.show.style;
  output.raw(`\n${bold('One run, two processes – and one of them gets killed.')}\n`);
  output.raw(`${dim('Each step writes down when it begins and when it is done.')}\n\n`);
}

function report({ output }: Cli, { run, counts, killed, survivor }: Played, took: number): number {
  const isDone = run.status === 'completed' && isProven(counts);
  output.result({
    json: {
      proven: isDone,
      run_id: run.runId,
      status: run.status,
      result: run.result,
      killed_pid: killed.pid,
      survivor_pid: survivor.pid,
      duration_ms: took,
      steps: counts.map(({ step, begun, finished, pid }) => ({ step, begun, finished, pid })),
    },
    plain: counts.map(({ step, begun, finished }) => [step, begun, finished].join('\t')).join('\n'),
    table: summary(counts, (pid) => (pid === killed.pid ? killed.name : survivor.name)),
  });
  if (isDone) output.success('No finished step was run again, and the run is complete.');
  else output.error(`The proof failed: the run is ${run.status}`);
  if (isDone) output.hint('Your turn: pyworkflow quickstart my-workflows');
  return isDone ? EXIT.done : EXIT.failed;
}

function summary(counts: readonly StepCount[], nameOf: (pid: number) => string): string {
  const rows = counts.map(({ step, begun, finished, pid }) => {
    const by = pid === null ? 'nobody' : nameOf(pid);
    const again = begun > 1 ? ' (it had been cut off)' : '';
    return `  ${step.padEnd(14)}  begun ${begun}×  finished ${finished}×  by ${by}${again}`;
  });
  return `\n${rows.join('\n')}\n`;
}
