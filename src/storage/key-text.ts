/** A noncharacter: UTF-8 has it, and no text that means anything begins with it. */
const ESCAPED = '\uffff';

/**
 * A key as any database can hold it. Half a surrogate pair has no place in UTF-8: two keys that
 * differ in nothing else would become one.
 */
export function toKeyText(key: string): string {
  const plain = !/\p{Surrogate}/u.test(key) && !key.startsWith(ESCAPED);
  return plain ? key : ESCAPED + JSON.stringify(key);
}

export function fromKeyText(text: string): string {
  return text.startsWith(ESCAPED) ? JSON.parse(text.slice(ESCAPED.length)) : text;
}
