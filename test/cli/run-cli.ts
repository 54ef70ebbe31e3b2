import type { CliParts } from '../../src/cli/cli-context.ts';
import { realParts } from '../../src/cli/cli-parts.ts';
import type { Io, StopSignal } from '../../src/cli/io.ts';
import { main } from '../../src/cli/main.ts';
import type { Client } from '../../src/client/client.ts';
import type { ResolvedConfig } from '../../src/config/config.ts';
import { resolveConfig } from '../../src/config/resolve-config.ts';
import { fakeClient } from './fake-client.ts';

export interface RunCliOptions {
  readonly client?: Client;
  readonly config?: Partial<ResolvedConfig>;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly stdin?: string;
  /** stdout is a terminal of so many columns. */
  readonly columns?: number;
  readonly parts?: Partial<CliParts>;
  /** Comes a moment after the command began to listen for signals. */
  readonly stopWith?: StopSignal;
}

export interface CliResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** The instant that every test calls now. */
export const NOW = Date.UTC(2026, 10, 22, 12, 0, 0);

/** Runs the command line in this process, against a fake client and without a terminal. */
export async function runCli(
  args: readonly string[],
  options: RunCliOptions = {},
): Promise<CliResult> {
  const written = { stdout: '', stderr: '' };
  const sink = (name: keyof typeof written, isTTY: boolean) => ({
    isTTY,
    columns: options.columns ?? 80,
    write(text: string) {
      written[name] += text;
    },
  });
  const io: Io = {
    stdin: stdinOf(options.stdin ?? ''),
    stdout: sink('stdout', options.columns !== undefined),
    stderr: sink('stderr', false),
    env: { NO_COLOR: '1', ...options.env },
    cwd: options.cwd ?? '/project',
    onSignal(listener) {
      const { stopWith } = options;
      if (stopWith !== undefined) setTimeout(() => listener(stopWith), 20);
      return () => {};
    },
    exit() {},
  };
  const client = options.client ?? fakeClient();
  const parts: CliParts = {
    ...realParts(io),
    clock: { now: () => NOW, after: () => () => {} },
    command: 'pyworkflow',
    loadConfig: async () => ({
      ...resolveConfig({ env: {}, cwd: '/project', config: { storage: { backend: 'memory' } } }),
      ...options.config,
    }),
    openApp: async () => ({ client, close: () => client.close() }),
    discover: async () => ({ files: [], sources: new Map() }),
    ...options.parts,
  };
  const exitCode = await main(args, io, parts);
  return { ...written, exitCode };
}

async function* stdinOf(text: string) {
  yield text;
}
