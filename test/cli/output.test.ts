import { describe, expect, it } from 'vitest';
import { countSteps, isProven } from '../../src/cli/demo/proof.ts';
import { renderTable } from '../../src/cli/output/table.ts';
import { clean, displayWidth } from '../../src/cli/output/text.ts';
import { relative } from '../../src/cli/output/time.ts';
import { instant, milliseconds } from '../../src/cli/parse-time.ts';

describe('tables', () => {
  const columns = [
    { header: 'ID', isKept: true },
    { header: 'NAME', isKept: false },
    { header: 'NOTE', isKept: false },
  ];

  it('line up wide characters and colours', async () => {
    const table = await renderTable(
      [
        ['1', '日本語', 'x'],
        ['2', '\u001b[32mgreen\u001b[39m', 'y'],
        ['3', '👩‍👩‍👧 ok', 'z'],
      ],
      columns,
      80,
    );
    const places = table
      .split('\n')
      .map((line) => displayWidth(line.slice(0, line.search(/(NOTE|[xyz])$/))));
    expect(new Set(places)).toEqual(new Set([12]));
  });

  it.each([20, 30, 40])('never grow beyond %d columns', async (width) => {
    const long = '長い名前の'.repeat(20);
    const table = await renderTable([['run_1234', long, 'word '.repeat(30)]], columns, width + 8);
    for (const line of table.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(width + 8);
    expect(table).toContain('run_1234');
  });
});

it('cleans what could drive a terminal or break a line', () => {
  expect(clean('a\tb\nc\u001b[31m\u0007\u009b')).toBe('a b c�[31m��');
});

it('says when', () => {
  expect(relative(0, 90_000)).toBe('2m ago');
  expect(relative(3_600_000, 0)).toBe('in 1h');
  expect(relative(500, 0)).toBe('now');
});

describe('option values', () => {
  it('reads durations', () => {
    expect(milliseconds('--x', '1h30m')).toBe(5_400_000);
    expect(milliseconds('--x', '2.5')).toBe(2500);
    expect(() => milliseconds('--x', '-1')).toThrow('duration');
  });

  it('reads instants, UTC unless they say otherwise', () => {
    const parse = (text: string) => instant('--x', text, 10_000_000);
    expect(parse('1h')).toBe(10_000_000 - 3_600_000);
    expect(parse('2026-11-22')).toBe(Date.UTC(2026, 10, 22));
    expect(parse('2026-11-22 10:30:00')).toBe(Date.UTC(2026, 10, 22, 10, 30));
    expect(parse('2026-11-22T10:30+02:00')).toBe(Date.UTC(2026, 10, 22, 8, 30));
    for (const text of ['now', '2026-13-01', '22.11.2026', '', '5x']) {
      expect(() => parse(text), text).toThrow();
    }
  });
});

describe('the proof of the demo', () => {
  const undisturbed = ['reserveFlight', 'reserveHotel', 'sendTickets'];
  const log = (lines: string[]) => lines.flatMap((s) => [`begin ${s} 1`, `end ${s} 1`]).join('\n');
  const cut = '\nbegin chargeCard 1\nbegin chargeCard 2\nend chargeCard 2\n';

  it('holds when every step finished once', () => {
    const counts = countSteps(log(undisturbed) + cut);
    expect(counts[2]).toEqual({ step: 'chargeCard', begun: 2, finished: 1, pid: 2 });
    expect(isProven(counts)).toBe(true);
  });

  it('fails when a finished step ran again, or one is missing, or nothing was cut off', () => {
    expect(isProven(countSteps(log([...undisturbed, 'reserveFlight']) + cut))).toBe(false);
    expect(isProven(countSteps(log(undisturbed.slice(1)) + cut))).toBe(false);
    expect(isProven(countSteps(log([...undisturbed, 'chargeCard'])))).toBe(false);
  });
});
