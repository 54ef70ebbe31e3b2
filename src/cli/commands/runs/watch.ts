import type { Client, ListRuns } from '../../../client/client.ts';
import type { RunSummary } from '../../../core/run.ts';
import type { Cli } from '../../cli-context.ts';
import { brief } from '../../output/text.ts';
import { Interrupted, UsageError } from '../../usage-error.ts';
import { runListing, withProgress } from '../../views/run-view.ts';

const EVERY_MS = 1000;
const ALTERNATE_SCREEN = '\u001b[?1049h\u001b[?25l';
const BACK_AGAIN = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_REST = '\u001b[J';

/** The list as it changes, until Ctrl-C: a screen on a terminal, a line for each change elsewhere. */
export async function watchRuns(cli: Cli, filter: ListRuns): Promise<void> {
  const { io, output } = cli;
  const isScreen = output.format === 'table';
  if (isScreen && io.stdout.isTTY !== true) {
    throw new UsageError(
      '--watch draws on a terminal, and stdout is none',
      'Use --output plain: a line for every change.',
    );
  }
  const client = await cli.client();
  let last = '';
  if (isScreen) io.stdout.write(ALTERNATE_SCREEN);
  try {
    const seen = new Map<string, number>();
    while (!cli.signal.aborted) {
      const { items } = await client.runs.list(filter);
      if (isScreen) last = await draw(cli, client, items);
      else await tellChanges(cli, items, seen);
      await pause(cli);
    }
  } finally {
    // What was last to be seen stays to be read.
    if (isScreen) io.stdout.write(`${BACK_AGAIN}${last}`);
  }
  throw new Interrupted();
}

async function draw(cli: Cli, client: Client, runs: readonly RunSummary[]): Promise<string> {
  const { io, output, clock } = cli;
  const rows = Math.max(1, (io.stdout.rows ?? 24) - 4);
  const shown = runs.slice(0, rows);
  const table = await output.listText(shown, withProgress(runListing, shown));
  const hidden = runs.length > rows ? `, ${runs.length - rows} more do not fit` : '';
  const time = new Date(clock.now()).toISOString().slice(11, 19);
  // One line, or the screen would scroll.
  const foot = brief(`Ctrl-C ends · ${time} UTC${hidden} · ${client.store}`, output.width - 1);
  const text = `${table === '' ? 'No runs.' : table}\n`;
  const screen = `${text}\n${output.show.style.dim(foot)}`
    .split('\n')
    .map((line) => `${line}${CLEAR_LINE}`);
  io.stdout.write(`${HOME}${screen.join('\n')}${CLEAR_REST}`);
  return text;
}

async function tellChanges(
  { output }: Cli,
  runs: readonly RunSummary[],
  seen: Map<string, number>,
): Promise<void> {
  const changed = runs.filter((run) => seen.get(run.runId) !== run.updatedAt);
  for (const run of changed) seen.set(run.runId, run.updatedAt);
  await output.list(changed.reverse(), runListing);
}

function pause({ clock, signal }: Cli): Promise<void> {
  return new Promise((resolve) => {
    const callOff = clock.after(EVERY_MS, resolve);
    const stop = () => {
      callOff();
      resolve();
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
