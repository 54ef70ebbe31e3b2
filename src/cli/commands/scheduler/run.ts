import { formatDuration } from '../../../core/duration.ts';
import type { Cli } from '../../cli-context.ts';
import { discoverIfConfigured } from '../../discover-if-configured.ts';
import { EXIT } from '../../exit-codes.ts';
import { milliseconds } from '../../parse-time.ts';
import { UsageError } from '../../usage-error.ts';

export interface RunSchedulerFlags {
  readonly pollInterval?: string;
  readonly duration?: string;
}

const DEFAULT_POLL_MS = 5000;

/** Serves until a signal or the end of `--duration`; the tick in progress is finished. */
export async function runScheduler(cli: Cli, options: RunSchedulerFlags): Promise<number> {
  const { signal, output } = cli;
  const pollIntervalMs = milliseconds('--poll-interval', options.pollInterval) ?? DEFAULT_POLL_MS;
  if (pollIntervalMs === 0) throw new UsageError('--poll-interval must be longer than nothing');
  const durationMs = milliseconds('--duration', options.duration);
  await discoverIfConfigured(cli);
  const client = await cli.client();
  const activated = await client.schedules.activate();
  for (const { scheduleId, outcome } of activated) {
    if (outcome === 'created' || outcome === 'updated') output.info(`${scheduleId} is ${outcome}`);
  }
  const scheduler = await client.startScheduler({ pollIntervalMs });
  const until = durationMs === undefined ? '' : `, for ${formatDuration(durationMs)}`;
  output.success(
    `Scheduler looks every ${formatDuration(pollIntervalMs)} on ${client.store}${until}`,
  );
  output.hint('Workers execute what it starts:  pyworkflow worker run');
  const why = await Promise.race([
    stopped(signal),
    elapsed(cli, durationMs),
    scheduler.done.then(() => 'It has given up'),
  ]);
  output.info(`${why}: stopping`);
  await scheduler.stop();
  output.success('Stopped');
  return signal.aborted && signal.reason === 'SIGINT' ? EXIT.interrupted : EXIT.done;
}

function stopped(signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(String(signal.reason));
    else signal.addEventListener('abort', () => resolve(String(signal.reason)));
  });
}

function elapsed({ clock }: Cli, ms: number | undefined): Promise<string> {
  return new Promise((resolve) => {
    if (ms !== undefined) clock.after(ms, () => resolve('The time is over'));
  });
}
