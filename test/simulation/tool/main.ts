import { parseArgs } from 'node:util';
import { describeCounts, describeFailure } from './describe.ts';
import { simulate } from './simulate.ts';

const USAGE = `npm run simulate -- [--seed 12345] [--seeds 100000] [--from 1]

  --seed    one seed, everything that happens in it, and what is wrong with it
  --seeds   so many, beginning with --from; default 500
  --keep-going   does not stop at the first seed that fails
  --digests      prints what each seed has come to, to compare two runs
`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '500' },
    from: { type: 'string', default: '1' },
    'keep-going': { type: 'boolean', default: false },
    digests: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  const one = values.seed !== undefined;
  const from = Number(one ? values.seed : values.from);
  const count = one ? 1 : Number(values.seeds);
  const begun = performance.now();
  const { seeds, failures, counts } = await simulate({
    from,
    count,
    trace: one,
    stopAtFailure: !values['keep-going'],
    onSeed(done, report) {
      const { seed, digest } = report;
      if (report.violations.length > 0) console.log(describeFailure(report));
      if (values.digests) console.log(`${seed} ${digest}`);
      if (done % 500 !== 0) return;
      const rate = done / ((performance.now() - begun) / 1000);
      console.error(`${done} of ${count} seeds, ${rate.toFixed(0)} a second`);
    },
  });
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  console.log(`${seeds} seeds from ${from} in ${seconds} s, ${failures.length} failed`);
  console.log(describeCounts(counts));
  process.exitCode = failures.length > 0 ? 1 : 0;
}
