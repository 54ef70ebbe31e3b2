import { CONFIG_SCHEMA, type Rule, type SectionRule } from './config-schema.ts';

type JsonSchema = { readonly [key: string]: unknown };

/** The JSON Schema of `pyworkflow.config.yaml`, for editors: published as docs/reference/config.schema.json. */
export function configJsonSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'pyworkflow.config.yaml',
    ...sectionSchema(CONFIG_SCHEMA),
  };
}

function sectionSchema({ about, keys, advice }: SectionRule): JsonSchema {
  const properties = Object.entries(keys).map(([key, rule]) => [key, ruleSchema(rule, keys)]);
  return {
    description: advice ?? about,
    ...(advice !== undefined && { deprecated: true }),
    type: 'object',
    properties: Object.fromEntries(properties),
    additionalProperties: false,
  };
}

function ruleSchema(rule: Rule, siblings: SectionRule['keys']): JsonSchema {
  const description = rule.about;
  switch (rule.kind) {
    case 'section':
      return sectionSchema(rule);
    case 'alias':
      return { ...ruleSchema(siblings[rule.of] as Rule, siblings), description };
    case 'text':
      return { description, type: 'string' };
    case 'texts':
      return { description, type: ['string', 'array'], items: { type: 'string' } };
    case 'flag':
      return { description, type: ['boolean', 'string'], pattern: FROM_ENVIRONMENT };
    case 'whole':
      return {
        description,
        type: ['integer', 'string'],
        minimum: rule.least,
        pattern: FROM_ENVIRONMENT,
      };
    case 'duration':
      return { description, type: ['string', 'number', 'object'] };
    case 'choice':
      return {
        description,
        anyOf: [{ enum: rule.values }, { type: 'string', pattern: FROM_ENVIRONMENT }],
      };
  }
}

/** `${NAME}` may stand for any value. */
const FROM_ENVIRONMENT = '\\$\\{';
