import { fileURLToPath } from 'node:url';

const PACKAGE_ROOT = fileURLToPath(new URL('..', import.meta.url));

/** `at call (place:1:2)` or `at place:1:2`; the place may hold brackets and spaces of its own. */
const FRAME = /^\s*at (?:async )?(?:.*? \()?((?:file:\/\/|\/|[A-Za-z]:\\).*:\d+:\d+)\)?$/;

/**
 * Where user code called into the engine: `file:line:column` of the first stack frame outside of
 * this package, or null. Costs microseconds, so only for reports.
 */
export function callerSource(): string | null {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 30;
  const { stack }: { stack?: unknown } = new Error();
  Error.stackTraceLimit = limit;
  // Whoever sets Error.prepareStackTrace may make it anything.
  if (typeof stack !== 'string') return null;
  for (const line of stack.split('\n').slice(1)) {
    const place = FRAME.exec(line)?.[1];
    if (place === undefined) continue;
    const file = place.startsWith('file://')
      ? fileURLToPath(place.replace(/:\d+:\d+$/, ''))
      : place;
    if (file.startsWith(PACKAGE_ROOT) || file.includes('/node_modules/')) continue;
    return place.startsWith('file://') ? `${file}${/:\d+:\d+$/.exec(place)?.[0]}` : place;
  }
  return null;
}
