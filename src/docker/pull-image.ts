import { DockerError, PyWorkflowError } from '../core/errors.ts';
import { ask, askOrNull, type Engine } from './engine.ts';
import { engineFailure, refusedWith } from './engine-failure.ts';
import { createPullFold, type PullEvent, type PullProgress } from './pull-progress.ts';
import { splitLines } from './split-lines.ts';

export interface PullOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: PullProgress) => void;
  /** Without a sign of life from the engine; 120 s. */
  readonly stallMs?: number;
}

/**
 * Makes sure that the engine has the image. Says nothing when it is there already.
 * @throws {DockerError} when it cannot be had, or nothing comes any more.
 */
export async function pullImage(
  engine: Engine,
  image: string,
  { signal, onProgress, stallMs = 120_000 }: PullOptions = {},
): Promise<void> {
  const inspect = () =>
    askOrNull(
      engine,
      `looking for the image ${image}`,
      (docker) => docker.getImage(image).inspect(),
      { signal },
    );
  if ((await inspect()) !== null) return;
  const stall = stallClock(stallMs);
  const stop = signal ? AbortSignal.any([signal, stall.signal]) : stall.signal;
  const doing = `pulling the image ${image}`;
  try {
    const answer = await ask(engine, doing, (docker) => docker.pull(image, { abortSignal: stop }), {
      signal,
      timeoutMs: stallMs,
    });
    const fold = createPullFold();
    let told = '';
    for await (const line of splitLines(answer as AsyncIterable<Buffer>)) {
      stall.restart();
      const event = parse(line);
      if (event?.error !== undefined) throw unavailable(engine, image, event.error);
      if (event === null) continue;
      const progress = fold(event);
      // Unpacking makes the engine talk ten times a second without news.
      if (JSON.stringify(progress) !== told) onProgress?.(progress);
      told = JSON.stringify(progress);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (refusedWith(error) !== null) throw unavailable(engine, image, messageWithin(error));
    throw engineFailure(
      engine.address,
      doing,
      stall.signal.aborted ? { timeoutMs: stallMs } : error,
    );
  } finally {
    stall.end();
  }
  // An engine that is shut down ends its answer as if all were well.
  if ((await inspect()) === null) {
    throw unavailable(engine, image, 'the engine broke off before the image was complete');
  }
}

function unavailable(engine: Engine, image: string, why: string): DockerError {
  const [repository = image] = image.split(':');
  return new DockerError(`The image ${image} cannot be pulled: ${why}`, {
    details: { engine: engine.address, image },
    hint: `Is there a network, and is the registry up? See what \`docker pull ${image}\` says; an image of ${repository} that is there already is used as it is.`,
  });
}

/** The engine's words in an error of ours. */
function messageWithin(error: unknown): string {
  const cause = PyWorkflowError.is(error) ? (error.cause as { json?: { message?: string } }) : null;
  return cause?.json?.message ?? String(error);
}

function parse(line: string): PullEvent | null {
  try {
    return JSON.parse(line) as PullEvent;
  } catch {
    return null;
  }
}

/** Aborts its signal when nobody restarted it for `ms`. */
function stallClock(ms: number): { signal: AbortSignal; restart(): void; end(): void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ms);
  return {
    signal: controller.signal,
    restart: () => timer.refresh(),
    end: () => clearTimeout(timer),
  };
}
