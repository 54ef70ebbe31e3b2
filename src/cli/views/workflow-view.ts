import { durationText } from '../../core/duration.ts';
import type { Json } from '../../core/json.ts';
import { jsonSchemaOf } from '../../workflow/schema.ts';
import type { WorkflowDefinition } from '../../workflow/workflow-definition.ts';
import { objectSchema } from '../ask-fields.ts';
import type { Column, Document, Listing } from '../output/output.ts';
import { clean } from '../output/text.ts';

export interface ListedWorkflow {
  readonly definition: WorkflowDefinition;
  /** The file it comes from, or null where that is not known. */
  readonly file: string | null;
}

const name: Column<ListedWorkflow> = {
  header: 'NAME',
  isId: true,
  value: (w) => w.definition.name,
};
const limit: Column<ListedWorkflow> = {
  header: 'MAX DURATION',
  value: (w) => maxDuration(w) ?? '-',
  plain: (w) => maxDuration(w) ?? '',
};
const tags: Column<ListedWorkflow> = {
  header: 'TAGS',
  value: (w) => w.definition.tags.map(clean).join(', ') || '-',
  plain: (w) => w.definition.tags.join(','),
};
const description: Column<ListedWorkflow> = {
  header: 'DESCRIPTION',
  value: (w) => clean(w.definition.description ?? ''),
};

export const workflowListing: Listing<ListedWorkflow> = {
  columns: [name, limit, tags, description],
  json: listedJson,
  empty: 'No workflows. Name their module with --module, or begin with: pyworkflow quickstart',
};

export const workflowDocument: Document<ListedWorkflow> = {
  fields: [
    { header: 'Name', value: (w) => w.definition.name },
    { header: 'Description', value: (w) => clean(w.definition.description ?? '') },
    { header: 'Max duration', value: (w) => maxDuration(w) ?? 'no limit' },
    { header: 'Function', value: (w) => functionName(w) },
    { header: 'Module', value: (w) => w.file ?? '' },
    { header: 'Tags', value: (w) => w.definition.tags.map(clean).join(', ') },
    { header: 'Durable', value: (w) => (w.definition.durable === false ? 'no' : '') },
    { header: 'Input', value: inputFields },
  ],
  plain: [name, limit, tags, description],
  json: (w) => ({
    ...listedJson(w),
    function: { name: functionName(w), module: w.file, doc: w.definition.description },
    durable: w.definition.durable ?? null,
    max_duration_ms: w.definition.maxDurationMs,
    metadata: w.definition.metadata,
    input_schema: inputSchema(w),
  }),
};

export function inputSchema({ definition }: ListedWorkflow): Json | null {
  return jsonSchemaOf(definition.input);
}

function listedJson(w: ListedWorkflow) {
  const { name, tags, description } = w.definition;
  return { name, max_duration: maxDuration(w), tags, description };
}

function maxDuration({ definition }: ListedWorkflow): string | null {
  return definition.maxDurationMs === null ? null : durationText(definition.maxDurationMs);
}

function functionName({ definition }: ListedWorkflow): string {
  return definition.fn.name || definition.name;
}

/** One line per field, `*` for the ones it must have. */
function inputFields(w: ListedWorkflow): string {
  const schema = objectSchema(inputSchema(w));
  if (schema === null) return w.definition.input === undefined ? 'any' : 'checked by its schema';
  return Object.entries(schema.properties)
    .map(([field, { type, default: preset, description }]) => {
      const mark = schema.required.includes(field) ? '*' : '';
      const extra = preset === undefined ? '' : ` = ${JSON.stringify(preset)}`;
      return `${field}${mark} (${type ?? 'any'}${extra})${description ? `  ${clean(description)}` : ''}`;
    })
    .join('\n');
}
