/** A piece of a container's output. */
export interface Frame {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Buffer;
}

const HEADER_BYTES = 8;

/**
 * Takes apart what the engine sends for a container without a terminal: frames with a header of
 * eight bytes, the first of which names the stream and the last four the length, cut anywhere.
 * A last frame that is not whole is dropped: its connection broke.
 */
export async function* demux(chunks: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + rest.readUInt32BE(4);
      if (rest.length < end) break;
      const data = rest.subarray(HEADER_BYTES, end);
      yield { stream: rest[0] === 2 ? 'stderr' : 'stdout', data };
      rest = rest.subarray(end);
    }
  }
}
