import type { Client } from '../client/client.ts';
import type { ResolvedConfig } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import type { Discovered } from '../discovery/discover-workflows.ts';
import type { Io } from './io.ts';
import type { GlobalOptions } from './options.ts';
import type { Output } from './output/output.ts';
import { canAsk, createPrompts, type Prompts } from './prompts.ts';

/** What every command works with. Everything expensive is opened when it is first asked for. */
export interface Cli {
  readonly io: Io;
  readonly output: Output;
  readonly prompts: Prompts;
  readonly clock: Clock;
  readonly options: GlobalOptions;
  /** Somebody is there to answer and to watch. */
  readonly isInteractive: boolean;
  /** How this very program is called: what hints begin with. */
  readonly command: string;
  config(): Promise<ResolvedConfig>;
  /** The store is opened now. */
  client(): Promise<Client>;
  /** Loads the configured workflow modules. */
  discover(): Promise<Discovered>;
  /** Fires at Ctrl-C or a stop signal; asking for it keeps the first one from ending the process. */
  readonly signal: AbortSignal;
  close(): Promise<void>;
}

/** The parts that tests replace. */
export interface CliParts {
  readonly clock: Clock;
  loadConfig(
    options: GlobalOptions,
    io: Io,
    warn: (message: string) => void,
  ): Promise<ResolvedConfig>;
  openApp(config: ResolvedConfig): Promise<{ client: Client; close(): Promise<void> }>;
  discover(config: ResolvedConfig): Promise<Discovered>;
  readonly command: string;
}

export function createCli(io: Io, options: GlobalOptions, output: Output, parts: CliParts): Cli {
  const config = once(() => parts.loadConfig(options, io, (message) => output.hint(message)));
  const discover = once(async () => parts.discover(await config()));
  const app = once(async () => parts.openApp(await config()));
  const interrupt = once(() => interruptSignal(io));
  return {
    ...{ io, options, output, config, discover },
    clock: parts.clock,
    command: parts.command,
    prompts: createPrompts(io),
    isInteractive: canAsk(io),
    client: async () => (await app()).client,
    get signal() {
      return interrupt().signal;
    },
    async close() {
      if (app.isCalled()) await (await app().catch(() => null))?.close();
      if (interrupt.isCalled()) interrupt().release();
    },
  };
}

/** The first signal aborts, the second one ends the process. */
function interruptSignal(io: Io) {
  const controller = new AbortController();
  const release = io.onSignal((signal) => {
    if (controller.signal.aborted) io.exit(130);
    else controller.abort(signal);
  });
  return { signal: controller.signal, release };
}

function once<T>(make: () => T): (() => T) & { isCalled(): boolean } {
  let made: { readonly value: T } | undefined;
  const get = () => {
    made ??= { value: make() };
    return made.value;
  };
  return Object.assign(get, { isCalled: () => made !== undefined });
}
