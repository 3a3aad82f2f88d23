/** A bar of block characters: a chart's row that fits into a table's cell. */

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** `value` as a bar, `widthCharacters` long when it is `most`. Anything above zero shows at least a sliver. */
export function bar(value: number, most: number, widthCharacters: number): string {
  if (value <= 0 || most <= 0) return "";
  const eighths = Math.max(1, Math.round((Math.min(value, most) / most) * widthCharacters * 8));
  return "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
}
