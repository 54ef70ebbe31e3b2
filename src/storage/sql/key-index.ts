import { indexed } from './text.ts';

/** What is unique of an idempotency key: a key belongs to its workflow. */
export function keyIndex(workflow: string, key: string): string {
  return indexed(JSON.stringify([workflow, key]));
}
