import { expect, it } from 'vitest';
import { describeCounts, describeFailure } from './tool/describe.ts';
import { simulate } from './tool/simulate.ts';

/** SIMULATION_SEEDS and SIMULATION_FROM choose others; `npm run simulate` does the same for a night. */
const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 500);
const FROM = Number(process.env.SIMULATION_FROM ?? 1);

it(`seeds ${FROM} to ${FROM + SEEDS - 1}: whatever goes wrong, every run ends as it should`, async () => {
  const begun = performance.now();
  const { seeds, failures, counts } = await simulate({ from: FROM, count: SEEDS });
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  console.log(`${seeds} seeds in ${seconds} s: ${describeCounts(counts)}`);
  expect(failures.map(describeFailure).join('\n')).toBe('');
  expect(seeds).toBe(SEEDS);
  if (SEEDS < 500) return;
  // A simulation in which nothing goes wrong shows nothing.
  for (const what of ['crashes', 'pauses', 'takeovers', 'lostAnswer', 'unavailable', 'parked']) {
    expect(counts.get(what), what).toBeGreaterThan(20);
  }
});

it('a seed is the same alone as after others', async () => {
  const digestOf = async (from: number, count: number) => {
    let digest = '';
    const onSeed = (_done: number, report: { readonly digest: string }) => {
      digest = report.digest;
    };
    await simulate({ from, count, onSeed });
    return digest;
  };
  expect(await digestOf(9, 1)).toBe(await digestOf(1, 9));
});
