/** Cells that hold something else than their text: no name or address is to be taken out of them as they stand. Pure. */

/** A formula, as a spreadsheet saves it where it is told to: `=HYPERLINK(...)`, `=A2`, `="Ann"`. */
const FORMULA = /^\s*=[-+]?[\p{L}\p{N}$_.'"(]/u;
/** Lead bytes of UTF-8 and the bytes behind them, read as windows-1252. */
const BEHIND = "\\u0080-\\u00bf\\u0152\\u0153\\u0160\\u0161\\u0178\\u017d\\u017e\\u0192\\u02c6\\u02dc\\u2013-\\u203a\\u20ac\\u2122";
/** Signs that may as well stand behind a capital letter: `TOUCHÉ…`, `“BLÅ”`. */
const PUNCTUATION = "\\u00a0\\u2013-\\u203a";
const QUOTES = "\\u00ab\\u00bb";
const TWO = `\\u00c3(?![${PUNCTUATION}])[${BEHIND}]|[\\u00c2\\u00c4\\u00c5](?![${PUNCTUATION}${QUOTES}])[${BEHIND}]`;
const THREE = `[\\u00e0-\\u00f4](?![${PUNCTUATION}${QUOTES}]{2})[${BEHIND}]{2}`;
const SURE = new RegExp(`${TWO}|${THREE}|\\u00e2\\u20ac`);
/** Of Greek, Cyrillic, Hebrew and Arabic. */
const OTHER = new RegExp(`[\\u00ce-\\u00d1\\u00d7-\\u00d9][${BEHIND}]`, "g");
const ENOUGH = 3;
const NOT_ASCII = /[\u0080-\uffff]+/g;

const BYTES = new Map<string, number>(
  [...new TextDecoder("windows-1252").decode(Uint8Array.from({ length: 32 }, (_none, n) => 0x80 + n))].map((char, n) => [char, 0x80 + n]),
);
const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** The fault of a text that somebody reads, and what to do about it; null for none. */
export function cellFault(cell: string): string | null {
  if (FORMULA.test(cell)) return "holds a formula in place of its value; save the table with the values of its cells";
  return cell.match(NOT_ASCII)?.some(isEncodedTwice)
    ? "was made UTF-8 twice (an é reads as Ã©); export the table anew from where it came"
    : null;
}

/** Whether such letters and signs are UTF-8 that was read as windows-1252 and saved as UTF-8 again: the end of `RenÃ©`. All of them must read so. */
function isEncodedTwice(text: string): boolean {
  if (!SURE.test(text) && (text.match(OTHER)?.length ?? 0) < ENOUGH) return false;
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
