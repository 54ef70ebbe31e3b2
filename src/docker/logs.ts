import type { ContainerLogsOptions } from 'dockerode';
import { DockerError } from '../core/errors.ts';
import { foreignContainer, inspectContainer, isOurs } from './container.ts';
import { demux } from './demux.ts';
import { type AskOptions, ask, type Engine } from './engine.ts';
import { engineFailure } from './engine-failure.ts';
import { SERVICES, type ServiceName } from './services.ts';
import { LineSplitter } from './split-lines.ts';

export interface LogLine {
  readonly service: ServiceName;
  readonly stream: 'stdout' | 'stderr';
  /** When the engine got it: RFC 3339 in UTC, with nanoseconds. */
  readonly time: string;
  readonly text: string;
}

export interface LogOptions {
  /** Goes on with what comes, until the container stops. */
  readonly follow?: boolean;
  /** Only so many of the last lines; all when left out. */
  readonly tail?: number;
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignal;
}

/**
 * What a service has written, line by line.
 * @throws {DockerError} when it has no container of ours, or the engine goes away meanwhile.
 */
export async function* readLogs(
  engine: Engine,
  service: ServiceName,
  { follow = false, tail, signal }: LogOptions = {},
): AsyncGenerator<LogLine> {
  if (signal?.aborted) return;
  const doing = `reading the log of ${SERVICES[service].container}`;
  const broken = new AbortController();
  const stop = signal ? AbortSignal.any([signal, broken.signal]) : broken.signal;
  try {
    await assertPresent(engine, service, { signal });
    const options = {
      follow,
      stdout: true,
      stderr: true,
      timestamps: true,
      tail,
      abortSignal: stop,
    };
    // dockerode answers with a stream or with all at once; it leaves the difference to the types.
    const answer = (await ask(
      engine,
      doing,
      (docker) => docker.getContainer(SERVICES[service].container).logs(options as LogsAsStream),
      { signal },
    )) as unknown as Buffer | AsyncIterable<Buffer>;
    yield* toLines(service, Buffer.isBuffer(answer) ? once(answer) : answer);
  } catch (error) {
    if (!signal?.aborted) throw engineFailure(engine.address, doing, error);
  } finally {
    // Whoever stops to iterate must not leave a request behind that follows for ever.
    broken.abort();
  }
}

type LogsAsStream = ContainerLogsOptions & { readonly follow: true };

async function assertPresent(engine: Engine, service: ServiceName, options: AskOptions) {
  const spec = SERVICES[service];
  const container = await inspectContainer(engine, spec, options);
  if (container === null) {
    throw new DockerError(`There is no container ${spec.container} and so no log of ${service}`, {
      details: { engine: engine.address, service, container: spec.container },
      hint: `Bring ${service} up first.`,
    });
  }
  if (!isOurs(container, spec)) throw foreignContainer(engine, spec, container);
}

async function* toLines(
  service: ServiceName,
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<LogLine> {
  const splitters = { stdout: new LineSplitter(), stderr: new LineSplitter() };
  for await (const { stream, data } of demux(chunks)) {
    for (const line of splitters[stream].push(data)) yield toLine(service, stream, line);
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    const last = splitters[stream].end();
    if (last !== null) yield toLine(service, stream, last);
  }
}

function toLine(service: ServiceName, stream: LogLine['stream'], line: string): LogLine {
  const [time = ''] = line.split(' ', 1);
  return { service, stream, time, text: line.slice(time.length + 1) };
}

async function* once(buffer: Buffer): AsyncGenerator<Buffer> {
  yield buffer;
}
