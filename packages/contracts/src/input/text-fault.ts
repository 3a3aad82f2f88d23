/** Texts of a list that are not what their writer wrote: none is to be read or sent as it stands. Pure. */

/** Lead bytes of UTF-8 and the bytes behind them, read as windows-1252. */
const BEHIND = "\\u0080-\\u00bf\\u0152\\u0153\\u0160\\u0161\\u0178\\u017d\\u017e\\u0192\\u02c6\\u02dc\\u2013-\\u203a\\u20ac\\u2122";
/** Signs that may as well stand behind a capital letter: `TOUCHÉ…`, `“BLÅ”`. */
const PUNCTUATION = "\\u00a0\\u2013\\u2014\\u2018\\u2019\\u201c-\\u201e\\u2022\\u2026\\u2039\\u203a";
const QUOTES = "\\u00ab\\u00bb";
const TWO = `\\u00c3(?![${PUNCTUATION}])[${BEHIND}]|[\\u00c2\\u00c4\\u00c5](?![${PUNCTUATION}${QUOTES}])[${BEHIND}]`;
const THREE = `[\\u00e0-\\u00f4](?![${PUNCTUATION}${QUOTES}]{2})[${BEHIND}]{2}`;
/** In a word such a sign is a letter: the beginning of `Ã“scar`, `MUÃ‘OZ`, the end of `PoznaÅ„`, the middle of `Nguyá»…n`. */
const PAIR = `(?:[\\u00c3-\\u00c5][${BEHIND}]|\\u00c8[\\u02dc\\u2122\\u0161\\u203a])`;
const IN_WORD = `\\u00c3[${BEHIND}](?=\\p{L})|(?<=\\p{Ll})${PAIR}|(?<!\\p{L})${PAIR}(?=\\p{Ll})|\\u00e1\\u00bb[${BEHIND}](?=\\p{L})`;
const SURE = new RegExp(`${TWO}|${THREE}|${IN_WORD}|\\u00e2\\u20ac`, "u");
/** Of Greek, Cyrillic, Hebrew and Arabic. */
const OTHER = new RegExp(`[\\u00ce-\\u00d1\\u00d7-\\u00d9][${BEHIND}]`, "g");
const ENOUGH = 3;
const NOT_ASCII = /[\u0080-\uffff]+/g;

const BYTES = new Map<string, number>(
  [...new TextDecoder("windows-1252").decode(Uint8Array.from({ length: 32 }, (_none, n) => 0x80 + n))].map((char, n) => [char, 0x80 + n]),
);
const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** The fault of a text that somebody reads, and what to do about it; null for none. */
export function textFault(text: string): string | null {
  if (text.includes("\0")) return "holds NUL characters, which no text has: save the list in UTF-8";
  const isTwice = [...text.matchAll(NOT_ASCII)].some(({ 0: signs, index }) =>
    isEncodedTwice(signs, text.slice(Math.max(0, index - 1), index + signs.length + 1)),
  );
  return isTwice ? "was made UTF-8 twice (an é reads as Ã©); export the list anew from where it came" : null;
}

/**
 * Whether such letters and signs are UTF-8 that was read as windows-1252 and saved as UTF-8 again: the end of `RenÃ©`. All of them must read so.
 * `beside`: they with the characters before and behind them.
 */
function isEncodedTwice(text: string, beside: string): boolean {
  if (!SURE.test(beside) && (text.match(OTHER)?.length ?? 0) < ENOUGH) return false;
  const bytes: number[] = [];
  for (const char of text) {
    const byte = BYTES.get(char) ?? char.charCodeAt(0);
    if (byte > 0xff || char.length > 1) return false;
    bytes.push(byte);
  }
  try {
    UTF8.decode(Uint8Array.from(bytes));
    return true;
  } catch {
    return false;
  }
}
