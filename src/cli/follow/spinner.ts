import type { Cli } from '../cli-context.ts';

/** A line at the bottom of the terminal that shows that something is going on. */
export interface Spinner {
  /** Shown beside it, together with the time since it started. */
  text(text: string): void;
  /** Shown behind it until the next one, or until it is empty. */
  note(text: string): void;
  stop(): void;
}

/** Only a terminal gets one: elsewhere it would be noise. */
export async function startSpinner(cli: Cli): Promise<Spinner> {
  const { io, output } = cli;
  if (io.stderr.isTTY !== true || output.isQuiet || io.env.TERM === 'dumb') {
    return { text() {}, note() {}, stop() {} };
  }
  const [{ default: ora }, { formatDuration }] = await Promise.all([
    import('ora'),
    import('../../core/duration.ts'),
  ]);
  const since = cli.clock.now();
  let text = '';
  let note = '';
  const show = () => {
    const time = output.style.dim(formatDuration(cli.clock.now() - since));
    spinner.text = [text, note, time].filter((part) => part !== '').join(' ');
  };
  // Left to itself, ora swallows what is typed, Ctrl-C included.
  const spinner = ora({ stream: io.stderr as NodeJS.WriteStream, discardStdin: false }).start();
  const timer = setInterval(show, 100);
  timer.unref();
  return {
    text(next) {
      text = next;
      show();
    },
    note(next) {
      note = next;
      show();
    },
    stop() {
      clearInterval(timer);
      spinner.stop();
    },
  };
}
