/** How long a text is: one way to count, wherever a bound is in characters. */

/**
 * Characters as UTF-16 units, as LinkedIn's own pages count them in a browser [I]: most letters are one, an emoji is two or more, an accent that is written
 * apart from its letter is one by itself. No other way of counting characters gives more, so what fits here fits there. Blanks and line ends count.
 */
export function countCharacters(text: string): number {
  return text.length;
}
