import fc from 'fast-check';
import { expect, it } from 'vitest';
import { demux } from '../../../src/docker/demux.ts';
import { splitLines } from '../../../src/docker/split-lines.ts';

function frame(stream: 'stdout' | 'stderr', text: string): Buffer {
  const data = Buffer.from(text);
  const header = Buffer.from([stream === 'stdout' ? 1 : 2, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
}

async function* cut(whole: Buffer, at: readonly number[]): AsyncGenerator<Buffer> {
  let from = 0;
  for (const to of [...at].map((n) => n % (whole.length + 1)).sort((a, b) => a - b)) {
    yield whole.subarray(from, to);
    from = to;
  }
  yield whole.subarray(from);
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

it('gives back every frame, wherever the bytes are cut', async () => {
  const frames = fc.array(
    fc.record({
      stream: fc.constantFrom('stdout' as const, 'stderr' as const),
      text: fc.string({ unit: 'grapheme' }),
    }),
  );
  await fc.assert(
    fc.asyncProperty(frames, fc.array(fc.nat()), async (sent, cuts) => {
      const whole = Buffer.concat(sent.map(({ stream, text }) => frame(stream, text)));
      const got = await all(demux(cut(whole, cuts)));
      expect(got.map(({ stream, data }) => ({ stream, text: data.toString() }))).toEqual(sent);
    }),
  );
});

it('drops a last frame that is not whole', async () => {
  const whole = Buffer.concat([frame('stdout', 'one'), frame('stderr', 'two').subarray(0, 9)]);
  expect(await all(demux(cut(whole, [])))).toHaveLength(1);
});

it('splits lines, wherever the bytes are cut', async () => {
  const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll(/[\r\n]/g, ''));
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat()), async (lines, cuts) => {
      const text = Buffer.from(lines.map((one) => `${one}\n`).join(''));
      expect(await all(splitLines(cut(text, cuts)))).toEqual(lines);
    }),
  );
  expect(await all(splitLines(cut(Buffer.from('a\r\nb\n\nc'), [])))).toEqual(['a', 'b', '', 'c']);
});
