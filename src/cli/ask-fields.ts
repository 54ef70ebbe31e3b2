import type { Json } from '../core/json.ts';
import type { Choice, Prompts } from './prompts.ts';

/** The part of JSON Schema that questions are made of. */
interface FieldSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: Json;
  readonly enum?: readonly Json[];
}

export interface ObjectSchema {
  readonly properties: { readonly [name: string]: FieldSchema };
  readonly required: readonly string[];
}

/** The schema as one of an object with known fields, or null. */
export function objectSchema(schema: Json | null): ObjectSchema | null {
  const { type, properties, required } = (schema ?? {}) as {
    type?: string;
    properties?: ObjectSchema['properties'];
    required?: readonly string[];
  };
  if (type !== 'object' || properties === undefined) return null;
  // A field with a default may be left out, whatever `required` says about the parsed form.
  const needed = (required ?? []).filter((name) => properties[name]?.default === undefined);
  return { properties, required: needed };
}

/**
 * Asks for what `known` does not say yet, field by field; an optional field may be left empty.
 * @param instead how a script answers, for the error when nobody can be asked.
 */
export async function askFields(
  prompts: Prompts,
  schema: ObjectSchema,
  known: { readonly [name: string]: Json },
  instead: (field: string) => string,
): Promise<{ [name: string]: Json }> {
  const answers: { [name: string]: Json } = { ...known };
  for (const [name, field] of Object.entries(schema.properties)) {
    if (Object.hasOwn(known, name)) continue;
    const isRequired = schema.required.includes(name);
    const answer = await askField(prompts, name, field, isRequired, instead(name));
    if (answer !== undefined) answers[name] = answer;
  }
  return answers;
}

async function askField(
  prompts: Prompts,
  name: string,
  field: FieldSchema,
  isRequired: boolean,
  instead: string,
): Promise<Json | undefined> {
  const question = `${name}${field.description ? ` (${field.description})` : ''}:`;
  const isYesNo = field.type === 'boolean';
  if (isYesNo && (isRequired || field.default !== undefined)) {
    return prompts.confirm(question, { default: field.default === true, instead });
  }
  const values = field.enum ?? (isYesNo ? [true, false] : undefined);
  if (values !== undefined) {
    const choices: Choice<Json | undefined>[] = values.map((value) => ({
      name: String(value),
      value,
    }));
    if (!isRequired) choices.push({ name: '(none)', value: undefined });
    return prompts.select(question, choices, instead);
  }
  const answer = await prompts.text(question, {
    instead,
    ...(field.default !== undefined && { default: show(field.default) }),
    validate: (text) => {
      if (text === '') return !isRequired || 'This one is needed.';
      return read(text, field) === undefined ? `This must be a ${field.type}.` : true;
    },
  });
  return answer === '' ? undefined : read(answer, field);
}

function show(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Undefined for a text that cannot be of the field's type. */
function read(text: string, { type }: FieldSchema): Json | undefined {
  if (type === 'string' || type === undefined) return type === undefined ? jsonOrText(text) : text;
  const value = parse(text);
  if (type === 'integer') return Number.isInteger(value) ? (value as number) : undefined;
  if (type === 'number') return typeof value === 'number' ? value : undefined;
  if (type === 'boolean') return typeof value === 'boolean' ? value : undefined;
  if (type === 'array') return Array.isArray(value) ? value : undefined;
  return typeof value === 'object' ? value : undefined;
}

/** What `--arg k=v` means by v: JSON if it is some, else the text itself. */
export function jsonOrText(text: string): Json {
  const value = parse(text);
  return value === undefined ? text : value;
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
