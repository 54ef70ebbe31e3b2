import { StringDecoder } from 'node:string_decoder';

/** Collects pieces of text that may be cut within a line, or within a character. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  /** The lines that are whole now, without their ends. */
  push(piece: Buffer): string[] {
    const lines = (this.#rest + this.#decoder.write(piece)).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines.map(withoutReturn);
  }

  /** What came after the last end of a line; null for nothing. */
  end(): string | null {
    const last = this.#rest + this.#decoder.end();
    this.#rest = '';
    return last === '' ? null : withoutReturn(last);
  }
}

/** The lines of a stream, the last one even if it has no end. */
export async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const splitter = new LineSplitter();
  for await (const chunk of chunks) yield* splitter.push(chunk);
  const last = splitter.end();
  if (last !== null) yield last;
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
