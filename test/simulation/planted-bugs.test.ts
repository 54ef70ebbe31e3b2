import { expect, it } from 'vitest';
import { PLANTED_BUGS } from './tool/planted-bugs.ts';
import { simulate } from './tool/simulate.ts';

/** What the simulation is worth: each of these must be found within so many seeds. */
const SEEDS = 500;

it.each(PLANTED_BUGS)('is found: $name', async ({ name, mutations }) => {
  const { seeds, failures } = await simulate({
    from: 1,
    count: SEEDS,
    mutations,
    stopAtFailure: true,
  });
  const [failure] = failures;
  console.log(`${name}: found in seed ${failure?.seed}, after ${seeds}: ${failure?.violations[0]}`);
  expect(failure, `${name} was not found in ${SEEDS} seeds`).toBeDefined();
});
