import { ValidationError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';

/** @throws ValidationError with every issue and its path */
export async function validateJson(schema: Json, value: unknown, what: string): Promise<void> {
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const check = new Ajv2020({ allErrors: true, strict: false, validateFormats: false }).compile(
    schema as object,
  );
  if (check(value)) return;
  throw new ValidationError(
    what,
    (check.errors ?? []).map((error) => ({
      path: error.instancePath.slice(1).replaceAll('/', '.'),
      message: error.message ?? 'is not valid',
    })),
  );
}
