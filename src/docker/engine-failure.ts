import { DockerError, messageOf, PyWorkflowError } from '../core/errors.ts';

/** What a failed request to an engine means for people. */
export function engineFailure(address: string, doing: string, cause: unknown): PyWorkflowError {
  if (PyWorkflowError.is(cause)) return cause;
  const details = { engine: address, doing };
  const { statusCode, timeoutMs, code } = cause as Failure;
  if (timeoutMs !== undefined) {
    const message = `The Docker engine at ${address} did not answer within ${timeoutMs / 1000} s while ${doing}`;
    return new DockerError(message, { details, hint: 'Is it stuck? Restart it and try again.' });
  }
  if (statusCode !== undefined) {
    const said = refusal(cause as Failure);
    return new DockerError(`The Docker engine at ${address} failed while ${doing}: ${said}`, {
      cause,
      details: { ...details, status: statusCode },
    });
  }
  const isAllowed = code !== 'EACCES' && code !== 'EPERM';
  return new DockerError(
    isAllowed
      ? `The Docker engine at ${address} went away while ${doing} (${reasonOf(cause)})`
      : `This user may not open the Docker engine at ${address}`,
    {
      cause,
      details,
      hint: isAllowed
        ? 'Start it and try again: what was finished is kept, the rest is done then.'
        : 'Join the group of that socket, mostly: sudo usermod -aG docker $USER',
    },
  );
}

/** The HTTP status with which the engine refused; null for every other failure. */
export function refusedWith(error: unknown): number | null {
  if (!PyWorkflowError.is(error, 'DOCKER')) return null;
  const { status } = error.details;
  return typeof status === 'number' ? status : null;
}

interface Failure {
  readonly statusCode?: number;
  readonly json?: { readonly message?: unknown } | null;
  readonly timeoutMs?: number;
  readonly code?: unknown;
}

/** The engine's own words, without the wrapping of dockerode. */
function refusal(cause: Failure): string {
  const said = cause.json?.message;
  return typeof said === 'string' && said !== '' ? said : messageOf(cause).trim();
}

function reasonOf(cause: unknown): string {
  const { code, message } = cause as { code?: unknown; message?: string };
  return typeof code === 'string' && code !== 'ECONNRESET' ? code : (message ?? String(cause));
}
