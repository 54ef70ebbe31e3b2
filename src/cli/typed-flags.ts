import { Command, InvalidArgumentError, Option } from 'commander';
import type { Json } from '../core/json.ts';
import type { ObjectSchema } from './ask-fields.ts';

/** Flags made of a workflow's input: `--order-id 7 --express` for `{ orderId, express }`. */

type Field = ObjectSchema['properties'][string] & { readonly items?: { readonly type?: string } };

export interface TypedFlag {
  readonly field: string;
  readonly options: readonly Option[];
}

/**
 * @param group heading of them in the help
 * @param taken long flags that mean something else; their fields can be given with `--arg`
 */
export function typedFlags(
  schema: ObjectSchema,
  group: string,
  taken: readonly string[],
): readonly TypedFlag[] {
  const used = new Set(taken);
  return Object.entries(schema.properties).flatMap(([field, type]) => {
    const flag = `--${kebab(field)}`;
    const isFlag = /^--[a-z][a-z0-9-]*$/.test(flag);
    if (!isFlag || used.has(flag) || used.has(flag.replace('--', '--no-'))) return [];
    used.add(flag);
    const isRequired = schema.required.includes(field);
    return [{ field, options: optionsOf(flag, field, type, isRequired, group) }];
  });
}

/**
 * What the flags say, by field.
 * @throws CommanderError for an unknown flag or a value of another type
 */
export function parseTypedFlags(
  args: readonly string[],
  flags: readonly TypedFlag[],
): { readonly [field: string]: Json } {
  const command = new Command()
    .helpOption(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {}, outputError: () => {} });
  for (const { options } of flags) for (const option of options) command.addOption(option);
  command.allowExcessArguments(false).parse([...args], { from: 'user' });
  const found = command.opts<Record<string, Json>>();
  return Object.fromEntries(
    flags.flatMap(({ field, options: [option] }) => {
      const value = option === undefined ? undefined : found[option.attributeName()];
      return value === undefined ? [] : [[field, value]];
    }),
  );
}

function optionsOf(
  flag: string,
  field: string,
  type: Field,
  isRequired: boolean,
  group: string,
): readonly Option[] {
  const about = [type.description, type.enum?.map(String).join(', ')].filter(Boolean).join('; ');
  const preset = type.default === undefined ? '' : ` (default ${JSON.stringify(type.default)})`;
  const text = `${about || field}${isRequired ? ', needed' : preset}`;
  if (type.type === 'boolean') {
    const no = new Option(`--no-${flag.slice(2)}`, `not ${flag.slice(2)}`).helpGroup(group);
    return [new Option(flag, text).helpGroup(group), no];
  }
  const isList = type.type === 'array';
  const parse = (value: string, before: unknown): unknown =>
    isList ? listOf(value, type, before as Json[] | undefined) : readValue(value, type);
  const repeated = isList ? '; may be repeated' : '';
  return [
    new Option(`${flag} <${placeholder(type)}>`, `${text}${repeated}`)
      .argParser(parse as never)
      .helpGroup(group),
  ];
}

function placeholder({ type, items }: Field): string {
  if (type === 'array') return items?.type ?? 'json';
  if (type === 'string') return 'text';
  return type === 'object' || type === undefined ? 'json' : type;
}

/** A whole list as JSON, or one more of its items. */
function listOf(text: string, { items }: Field, before: Json[] = []): Json {
  const whole = /^\s*\[/.test(text) ? json(text) : undefined;
  if (Array.isArray(whole)) return [...before, ...whole];
  return [...before, readValue(text, (items ?? {}) as Field)];
}

function readValue(text: string, { type, enum: values }: Field): Json {
  if (values !== undefined) {
    const found = values.find((value) => String(value) === text);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`It must be one of ${values.map(String).join(', ')}.`);
  }
  if (type === 'string') return text;
  const value = json(text);
  const isRight =
    (type === 'integer' && Number.isInteger(value)) ||
    (type === 'number' && typeof value === 'number') ||
    (type === 'boolean' && typeof value === 'boolean') ||
    (type === 'object' && typeof value === 'object' && value !== null && !Array.isArray(value));
  if (isRight) return value as Json;
  if (type === undefined || !KNOWN.includes(type)) return value ?? text;
  throw new InvalidArgumentError(
    `It must be ${type === 'integer' ? 'a whole number' : type === 'object' ? 'an object' : `a ${type}`}.`,
  );
}

const KNOWN = ['integer', 'number', 'boolean', 'object'];

function json(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** `orderId`, `order_id` and `OrderID` are all `order-id`. */
function kebab(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1-$2')
    .replaceAll(/[_\s]+/g, '-')
    .toLowerCase();
}
