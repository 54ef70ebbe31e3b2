/**
 * A small, fast generator with 128 bits of state (sfc32), seeded by text. Workflow code gets its
 * random numbers from it, so that a replay draws the same ones. Not for secrets.
 */
export function seededRandom(seed: string): () => number {
  let [a, b, c, d] = seedOf(seed);
  const next = () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return (t >>> 0) / 4294967296;
  };
  for (let i = 0; i < 12; i++) next();
  // 53 bits, as Math.random gives.
  return () =>
    (Math.floor(next() * 67108864) * 134217728 + Math.floor(next() * 134217728)) / 2 ** 53;
}

/** A version 4 UUID drawn from `random`. */
export function randomUuid(random: () => number): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16));
  hex[12] = '4';
  hex[16] = '89ab'.charAt(Math.floor(random() * 4));
  const text = hex.join('');
  return [
    text.slice(0, 8),
    text.slice(8, 12),
    text.slice(12, 16),
    text.slice(16, 20),
    text.slice(20),
  ].join('-');
}

/** Four words of FNV-1a with different bases. */
function seedOf(text: string): [number, number, number, number] {
  const word = (basis: number) => {
    let hash = basis;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    return hash | 0;
  };
  return [word(0x811c9dc5), word(0x9e3779b9), word(0x85ebca6b), word(0xc2b2ae35)];
}
