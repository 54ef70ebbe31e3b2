import { describe, test } from 'vitest';
import { advanceCases } from './cases/advance.ts';
import { arrivalCases } from './cases/arrivals.ts';
import { chainCases } from './cases/chains.ts';
import { claimCases } from './cases/claim.ts';
import { createCases } from './cases/create.ts';
import { eventCases } from './cases/events.ts';
import { fencingCases } from './cases/fencing.ts';
import { finishCases } from './cases/finish.ts';
import { gateQueueCases } from './cases/gate-queues.ts';
import { gateCases } from './cases/gates.ts';
import { hookCases } from './cases/hooks.ts';
import { lifecycleCases } from './cases/lifecycle.ts';
import { listingCases } from './cases/listing.ts';
import { occurrenceCases } from './cases/occurrences.ts';
import { payloadCases } from './cases/payloads.ts';
import { raceCases } from './cases/races.ts';
import { rateCases } from './cases/rates.ts';
import { relatedCases } from './cases/related.ts';
import { scheduleCases } from './cases/schedules.ts';
import { timerCases } from './cases/timers.ts';
import { createHarness, type Harness, type StoreUnderTest } from './harness.ts';

/** Cases in which two parties meet. They hold through one connection and through two. */
const SHARED = {
  fencingCases,
  raceCases,
  claimCases,
  arrivalCases,
  hookCases,
  gateCases,
  gateQueueCases,
  relatedCases,
  chainCases,
  scheduleCases,
  occurrenceCases,
  rateCases,
};
/** Cases for which it makes no difference who else is connected. */
const SINGLE = {
  createCases,
  advanceCases,
  finishCases,
  timerCases,
  payloadCases,
  eventCases,
  listingCases,
  lifecycleCases,
};

/** What "works" means for a store: everything the port promises, for every store there is. */
export function describeStore(subject: StoreUnderTest): void {
  describe(`store ${subject.name}`, () => {
    register(createHarness(subject, 'one connection'), { ...SHARED, ...SINGLE });
    const { openSecond } = subject;
    describe('through two connections', () => {
      if (typeof openSecond === 'function') {
        register(createHarness(subject, 'two connections'), SHARED);
      } else {
        test('races between connections', ({ skip }) => skip(openSecond.none));
      }
    });
  });
}

function register(harness: Harness, topics: Record<string, (harness: Harness) => void>): void {
  for (const [name, cases] of Object.entries(topics)) {
    describe(name.replace('Cases', ''), () => cases(harness));
  }
}
