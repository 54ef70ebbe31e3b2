import { createHash } from 'node:crypto';

/** A noncharacter: UTF-8 has it, and no text that means anything begins with it. */
const ESCAPED = '\uffff';

/** As a server can hold it: PostgreSQL knows no U+0000, UTF-8 no half of a surrogate pair. */
export function toStored(text: string): string {
  const plain = !text.includes('\0') && isWellFormed(text) && !text.startsWith(ESCAPED);
  return plain ? text : ESCAPED + JSON.stringify(text);
}

export function fromStored(text: string): string {
  return text.startsWith(ESCAPED) ? JSON.parse(text.slice(ESCAPED.length)) : text;
}

// ES2024, in Node 20 already.
function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}

/** An index entry has its limits: from here on, a text is found by its hash. */
const LONGEST_KEY = 400;

/** Equal for equal texts only, and short enough for any index. */
export function indexed(text: string): string {
  if (text.length <= LONGEST_KEY) return text;
  const hash = createHash('sha256').update(JSON.stringify(text)).digest('hex');
  return `${ESCAPED}${hash}`;
}
