import type { HookRecord } from '../../core/hook.ts';
import { objectSchema } from '../ask-fields.ts';
import type { Column, Document, Listing } from '../output/output.ts';
import { showStatus } from '../output/status.ts';
import { clean } from '../output/text.ts';
import { isoOrNull, relative } from '../output/time.ts';
import { pretty } from './run-view.ts';

/** Short, without the secret, and enough for whoever can read the store. */
export function hookToken({ runId, hookId }: HookRecord): string {
  return `${runId}:${hookId}`;
}

const token: Column<HookRecord> = { header: 'TOKEN', isId: true, value: hookToken };
const name: Column<HookRecord> = { header: 'NAME', value: (hook) => clean(hook.name) };
const status: Column<HookRecord> = {
  header: 'STATUS',
  value: (hook, { style }) => showStatus(hook.status, style),
  plain: (hook) => hook.status,
};
const created: Column<HookRecord> = {
  header: 'CREATED',
  value: (hook, { now }) => relative(hook.createdAt, now),
  plain: (hook) => isoOrNull(hook.createdAt) ?? '',
};
const expires: Column<HookRecord> = {
  header: 'EXPIRES',
  value: (hook, { now }) => (hook.expiresAt === null ? 'never' : relative(hook.expiresAt, now)),
  plain: (hook) => isoOrNull(hook.expiresAt) ?? '',
};

export const hookListing: Listing<HookRecord> = {
  columns: [token, name, status, created, expires],
  json: hookSummaryJson,
  empty: 'No hooks.',
};

export const hookDocument: Document<HookRecord> = {
  fields: [
    { header: 'Token', value: (hook) => hook.token },
    { header: 'Hook', value: (hook) => hook.hookId },
    { header: 'Run', value: (hook) => hook.runId },
    { header: 'Name', value: (hook) => clean(hook.name) },
    { header: 'Status', value: (hook, { style }) => showStatus(hook.status, style) },
    { header: 'Created', value: (hook) => isoOrNull(hook.createdAt) ?? '' },
    { header: 'Expires', value: (hook) => isoOrNull(hook.expiresAt) ?? '' },
    { header: 'Received', value: (hook) => isoOrNull(hook.receivedAt) ?? '' },
    { header: 'Payload', value: (hook) => pretty(hook.payload) },
    { header: 'Fields', value: fields },
  ],
  plain: [token, name, status, created, expires],
  json: hookJson,
};

export function hookSummaryJson(hook: HookRecord) {
  return {
    token: hook.token,
    hook_id: hook.hookId,
    run_id: hook.runId,
    name: hook.name,
    status: hook.status,
    created_at: isoOrNull(hook.createdAt),
    expires_at: isoOrNull(hook.expiresAt),
    has_schema: hook.payloadSchema !== null,
  };
}

export function hookJson(hook: HookRecord) {
  return {
    ...hookSummaryJson(hook),
    received_at: isoOrNull(hook.receivedAt),
    payload: hook.payload,
    payload_schema: hook.payloadSchema,
  };
}

/** One line per field of the payload, `*` for the ones it must have. */
function fields(hook: HookRecord): string {
  const schema = objectSchema(hook.payloadSchema);
  if (schema === null) return pretty(hook.payloadSchema);
  return Object.entries(schema.properties)
    .map(([field, { type, description }]) => {
      const mark = schema.required.includes(field) ? '*' : '';
      return `${field}${mark} (${type ?? 'any'})${description ? `  ${clean(description)}` : ''}`;
    })
    .join('\n');
}
