import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export interface LogSink {
  /** @param line with its line end. Never throws. */
  write(line: string): void;
  close(): void;
}

/**
 * A file that is appended to, never rotated and never opened again; stderr without one, so that
 * stdout stays the program's own.
 *
 * Lines are written at once: what a process said last is what one wants to read after it died.
 * @throws what making its folder or opening the file throws
 */
export function openLogSink(file: string | undefined): LogSink {
  if (file === undefined) return { write: writeToStderr, close() {} };
  mkdirSync(dirname(file), { recursive: true });
  let fd: number | null = openSync(file, 'a');
  let hasFailed = false;
  return {
    write(line) {
      try {
        if (fd !== null) return void writeSync(fd, line);
      } catch (error) {
        if (!hasFailed) writeToStderr(`The log file ${file} cannot be written: ${String(error)}\n`);
        hasFailed = true;
      }
      writeToStderr(line);
    },
    close() {
      if (fd !== null) closeSync(fd);
      fd = null;
    },
  };
}

function writeToStderr(line: string): void {
  try {
    process.stderr.write(line);
  } catch {
    // There is nowhere left to say it.
  }
}
