/** Text in which something is to be seen. Pure. */

/** Characters that show nothing by themselves: blanks, marks of direction, zero-width ones, fillers of other scripts. */
const INVISIBLE = /^[\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

/** The text without blanks around it; empty where nothing in it is to be seen. Marks within other text stay. */
export function visibleText(text: string): string {
  return INVISIBLE.test(text) ? "" : text.trim();
}
