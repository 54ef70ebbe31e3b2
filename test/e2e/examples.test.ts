import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';

const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url));

/** What each example must have said last. */
const LAST_LINES: Readonly<Record<string, string>> = {
  '01-basic.ts': '8 workflow.completed',
  '02-retries.ts': 'step_rateLimited_1: again in 0.08 s',
  '03-long-running.ts': 'ada is on board',
  '04-idempotency.ts': 'refused: The idempotency key',
  '05-hooks.ts': '120 approved by grace, accounting did not answer in time',
  '06-cancellation.ts': 'Workflow was cancelled',
  '07-parallel.ts': "{ best: 'b', answer: 'd', total: 32 }",
  '08-transient.ts': 'worked at call 3',
  '09-worker.ts': '1, 4, 9, 16, 25, 36',
  '10-classes.ts': 'Hello, ADA!',
  '11-children.ts':
    'child_thumbnails_3 completed, child_thumbnails_2 failed, child_thumbnails_1 completed',
  '12-continue-as-new.ts': 'continued_as_new → continued_as_new → continued_as_new → completed',
  '13-saga.ts': 'flight booked, hotel booked, hotel cancelled, flight cancelled',
  '14-limits.ts': 'ada1 ada2 ada3',
  '15-change-code.ts': "new [ 'clean', 'paid' ]",
  '16-schedules.ts': 'schedule.created, schedule.triggered, schedule.paused',
};

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pyworkflow-examples-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('every example is listed here', () => {
  expect(readdirSync(EXAMPLES).filter((file) => file.endsWith('.ts'))).toEqual(
    Object.keys(LAST_LINES),
  );
});

test.each(Object.entries(LAST_LINES))('%s', async (file, last) => {
  const tsx = fileURLToPath(new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url));
  const { stdout } = await execa('node', ['--import', tsx, join(EXAMPLES, file)], { cwd: folder });
  expect(stdout.trim().split('\n').at(-1)).toContain(last);
});
