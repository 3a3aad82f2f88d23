/** Placeholders that a program was to fill and did not. Pure. */

/** A person's names, as lists call them. */
const PERSON = "(?:(?:first|last|full)[ _-]?name|[fl]?name)";
const WORDS = String.raw`[\p{L}_][\p{L}\p{N}_ .]{0,60}`;
/** Signs that no running text holds: of templates around any words, and around a person's names those that text may hold elsewhere. */
const UNFILLED = new RegExp(
  [
    String.raw`\{\{[^{}\n]{1,80}\}\}`,
    String.raw`\*\|[\p{L}\p{N}_:]{1,60}\|\*`,
    String.raw`\{%[^%\n]{1,80}%\}|<%[^%\n]{1,80}%>`,
    String.raw`[$!#]\{!?${WORDS}\}|\{[!$]\$?${WORDS}\}`,
    String.raw`\[\[ ?${WORDS}\]\]`,
    String.raw`[{%[<#] ?${PERSON} ?[}%\]>#]|<< ?${PERSON} ?>>`,
    String.raw`[$@](?:first|last|full)_?name(?![\p{L}\p{N}_@.])|__${PERSON}__|@@${PERSON}@@|\(\(${PERSON}\)\)`,
  ].join("|"),
  "iu",
);

/** Whether a text that is about to be sent holds a placeholder. */
export function holdsPlaceholder(text: string): boolean {
  return UNFILLED.test(text);
}
