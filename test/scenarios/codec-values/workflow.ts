import { step, workflow } from '../../../src/index.ts';

const echo = step({ name: 'echo' }, async (value: unknown) => value);
const values = step({ name: 'values' }, async () => {
  const shared = { twice: true };
  return {
    date: new Date('2030-05-06T07:08:09.010Z'),
    big: 12345678901234567890n,
    map: new Map<unknown, unknown>([
      ['a', new Set([1, 2])],
      [{ key: 1 }, null],
    ]),
    bytes: new Uint8Array([1, 2, 255]),
    odd: [undefined, Number.NaN, Number.NEGATIVE_INFINITY, -0],
    pattern: /a+b/gi,
    url: new URL('https://example.com/a?b=c'),
    error: Object.assign(new TypeError('not this'), {
      code: 'E_THIS',
      stack: 'TypeError: not this',
    }),
    shared,
    again: shared,
  };
});

export default workflow({ name: 'scenario.codec-values' }, async (input: unknown) => {
  const given = await values();
  const back = (await echo(given)) as typeof given;
  return {
    input,
    back,
    same: back.shared === back.again,
    kinds: [back.date instanceof Date, back.map.size, typeof back.big, back.url.host],
  };
});
