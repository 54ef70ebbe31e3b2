import type { StandardSchemaV1 } from '@standard-schema/spec';
import { ValidationError, type ValidationIssue } from '../core/errors.ts';
import type { Json } from '../core/json.ts';

/** Any Standard Schema: zod, valibot, arktype, … */
export type Schema<In = unknown, Out = In> = StandardSchemaV1<In, Out>;

/**
 * Checks `value` and returns what the schema makes of it (defaults filled in, types coerced).
 * @throws ValidationError listing every issue with its path.
 */
export async function validate<Out>(
  schema: Schema<unknown, Out> | undefined,
  value: unknown,
  what: string,
): Promise<Out> {
  if (schema === undefined) return value as Out;
  const result = await schema['~standard'].validate(value);
  if (result.issues === undefined) return result.value;
  throw new ValidationError(what, result.issues.map(issueOf));
}

/**
 * The same where nothing may be awaited: in a workflow's body.
 * @throws ValidationError, also for a schema that checks asynchronously
 */
export function validateNow(schema: Schema | undefined, value: unknown, what: string): unknown {
  if (schema === undefined) return value;
  const result = schema['~standard'].validate(value);
  if (result instanceof Promise) {
    const message = 'its schema checks asynchronously, which a workflow cannot wait for';
    throw new ValidationError(what, [{ path: '', message }]);
  }
  if (result.issues === undefined) return result.value;
  throw new ValidationError(what, result.issues.map(issueOf));
}

function issueOf(issue: StandardSchemaV1.Issue): ValidationIssue {
  let path = '';
  for (const part of issue.path ?? []) {
    const key = typeof part === 'object' ? part.key : part;
    if (typeof key === 'number') path += `[${key}]`;
    else path += path ? `.${String(key)}` : String(key);
  }
  return { path, message: issue.message };
}

/** The schema as JSON Schema (draft 2020-12), or null where its library cannot say. */
export function jsonSchemaOf(schema: Schema | undefined): Json | null {
  const standard = schema?.['~standard'] as
    | { jsonSchema?: { input?: (options: { target: string }) => Json } }
    | undefined;
  try {
    return standard?.jsonSchema?.input?.({ target: 'draft-2020-12' }) ?? null;
  } catch {
    // A schema with transforms may have no JSON form; it is still checked where it is defined.
    return null;
  }
}
