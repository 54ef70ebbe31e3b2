/** Text from outside made harmless on a terminal and in one line. */
export function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to go
  return text.replace(/\s+/g, ' ').replace(/[\u0000-\u001f\u007f-\u009f]/g, '�');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colour sequences begin with one
const COLOUR = /\u001b\[[\d;]*m/g;
const WIDE =
  /\p{Emoji_Presentation}|\p{Regional_Indicator}|\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;
const graphemes = new Intl.Segmenter();

/** Columns the text takes on a terminal. */
export function displayWidth(text: string): number {
  const bare = text.replace(COLOUR, '');
  if (/^[\u0020-\u007e]*$/.test(bare)) return bare.length;
  let width = 0;
  for (const { segment } of graphemes.segment(bare)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** JSON in one line, cut after `limit` characters. */
export function brief(value: unknown, limit = 60): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  const line = clean(text);
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line;
}
