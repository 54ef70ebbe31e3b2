import '../../src/client/schedulers.ts';
import '../../src/client/start.ts';
import '../../src/client/json-schema.ts';
import '../../src/engine/foreign-calls.ts';
import '../../src/runtime/local/local-runtime.ts';
import './world/entropy.ts';
import { noteForeignCall } from '../../src/engine/foreign-calls.ts';
import { installDeterministicGlobals } from '../../src/workflow/deterministic-globals.ts';
import { runSeed } from './run/run-seed.ts';

// What is loaded on first use is loaded here, lest the first seed of a process differ from the same
// seed in another one.

interface Job {
  readonly from: number;
  readonly to: number;
  readonly trace: boolean;
}

/** Runs seeds one after the other; a line of JSON for each goes to the parent. */
async function work({ from, to, trace }: Job): Promise<void> {
  installDeterministicGlobals(noteForeignCall);
  process.on('unhandledRejection', (error) => {
    console.error('unhandled rejection', error);
    process.exit(3);
  });
  for (let seed = from; seed < to; seed++) {
    const report = await runSeed(seed, trace ? (line) => console.log(line) : null);
    process.send?.(report);
  }
  process.disconnect?.();
}

await work(JSON.parse(process.argv[2] ?? '{}') as Job);
