import { describe, expect, it } from 'vitest';
import { askFields, jsonOrText, objectSchema } from '../../src/cli/ask-fields.ts';
import type { Prompts, TextOptions } from '../../src/cli/prompts.ts';

const schema = objectSchema({
  type: 'object',
  properties: {
    id: { type: 'string' },
    amount: { type: 'number', default: 9.5, description: 'in euros' },
    count: { type: 'integer' },
    sure: { type: 'boolean' },
    loud: { type: 'boolean' },
    size: { enum: ['S', 'L'] },
    tags: { type: 'array' },
  },
  required: ['id', 'amount', 'sure', 'size'],
});

function scripted(answers: Record<string, unknown>) {
  const asked: { question: string; choices?: unknown[]; validate?: TextOptions['validate'] }[] = [];
  const answer = (question: string) => answers[question.split(/[ :]/, 1)[0] ?? ''];
  const prompts: Prompts = {
    async select(question, choices) {
      asked.push({ question, choices: choices.map(({ value }) => value) });
      return answer(question) as never;
    },
    async confirm(question) {
      asked.push({ question });
      return answer(question) as boolean;
    },
    async text(question, options) {
      asked.push({ question, validate: options.validate });
      return String(answer(question) ?? options.default ?? '');
    },
  };
  return { prompts, asked };
}

describe('askFields', () => {
  it('asks for every field that is not known, in its own way', async () => {
    const { prompts, asked } = scripted({
      id: 'A',
      count: '3',
      sure: true,
      size: 'L',
      tags: '["x"]',
    });
    const answers = await askFields(prompts, schema!, { extra: 1 }, (field) => `--arg ${field}=…`);
    expect(answers).toEqual({
      extra: 1,
      id: 'A',
      amount: 9.5,
      count: 3,
      sure: true,
      size: 'L',
      tags: ['x'],
    });
    expect(asked.map(({ question }) => question)).toEqual([
      'id:',
      'amount (in euros):',
      'count:',
      'sure:',
      'loud:',
      'size:',
      'tags:',
    ]);
    expect(asked[4]?.choices).toEqual([true, false, undefined]);
    expect(asked[5]?.choices).toEqual(['S', 'L']);
  });

  it('leaves known fields alone', async () => {
    const known = { id: 'B', amount: 1, count: 2, sure: false, loud: true, size: 'S', tags: [] };
    const { prompts, asked } = scripted({});
    expect(await askFields(prompts, schema!, known, () => '')).toEqual(known);
    expect(asked).toEqual([]);
  });

  it('checks what is typed', async () => {
    const { prompts, asked } = scripted({ id: 'A', sure: true, size: 'S' });
    await askFields(prompts, schema!, {}, () => '');
    const [id, amount, count] = asked.map(({ validate }) => validate);
    expect(id?.('')).toBe('This one is needed.');
    expect(amount?.('abc')).toBe('This must be a number.');
    expect(amount?.('')).toBe(true);
    expect(count?.('1.5')).toBe('This must be a integer.');
    expect(count?.('15')).toBe(true);
  });
});

it('knows object schemas only', () => {
  expect(objectSchema(null)).toBeNull();
  expect(objectSchema({ type: 'string' })).toBeNull();
  expect(objectSchema(true)).toBeNull();
});

it.each([
  ['1', 1],
  ['true', true],
  ['{"a":1}', { a: 1 }],
  ['ORD-1', 'ORD-1'],
  ['', ''],
  ['"1"', '1'],
])('reads %s as JSON or text', (text, value) => {
  expect(jsonOrText(text)).toEqual(value);
});
