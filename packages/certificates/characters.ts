/** Ranges of code points that no text of a certificate may hold. */
const BAD_RANGES: readonly (readonly [number, number])[] = [
  // C0 and C1 controls but tab, LF and CR.
  [0x00, 0x08],
  [0x0b, 0x0c],
  [0x0e, 0x1f],
  [0x7f, 0x9f],
  // Bidirectional overrides and isolates: they show a text in another order than it is stored.
  [0x202a, 0x202e],
  [0x2066, 0x2069],
  // Lone surrogates and noncharacters: no UTF-8, or no meaning.
  [0xd800, 0xdfff],
  [0xfdd0, 0xfdef],
  [0xfffe, 0xffff],
];

export function hasBadCharacter(text: string): boolean {
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (BAD_RANGES.some(([low, high]) => low <= code && code <= high)) return true;
  }
  return false;
}
