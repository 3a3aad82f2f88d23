/** A table that a page already has in full, as a file to download: it needs no script and no further request. Pure. */

/** The address of a CSV with these rows, the first of which is its head. */
export function tableFile(rows: readonly (readonly (string | number)[])[]): string {
  const text = rows.map((cells) => cells.map((cell) => `"${asText(String(cell)).replaceAll('"', '""')}"`).join(",")).join("\r\n");
  return `data:text/csv;charset=utf-8,${encodeURIComponent(text)}`;
}

/** A cell that a spreadsheet would run as a formula is made text. */
const asText = (cell: string): string => (/^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell);
