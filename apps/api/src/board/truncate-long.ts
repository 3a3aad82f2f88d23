/** Long payloads, cut for the board: a page stays light whatever a producer put into its jobs. It runs after the redaction, never before. */

/** Most characters of JSON that one field of a job may take. */
export const MOST_SHOWN = 10_000;
const MOST_LINES = 200;

/** The value, or its beginning with a note of its whole length. Texts stay texts, lists stay lists. */
export function truncateLong(value: unknown): unknown {
  if (typeof value === "string") return value.length > MOST_SHOWN ? beginning(value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return truncateList(value);
  const json = JSON.stringify(value);
  return json.length > MOST_SHOWN ? { "(cut)": note(json.length), beginning: json.slice(0, MOST_SHOWN) } : value;
}

function truncateList(list: readonly unknown[]): unknown[] {
  const shown: unknown[] = [];
  let length = 0;
  for (const item of list.slice(-MOST_LINES).toReversed()) {
    const truncated = truncateLong(item);
    length += JSON.stringify(truncated)?.length ?? 0;
    if (shown.length > 0 && length > MOST_SHOWN) break;
    shown.push(truncated);
  }
  const missing = list.length - shown.length;
  const kept = shown.toReversed();
  return missing > 0 ? [`(cut: ${missing} earlier ones are not shown)`, ...kept] : kept;
}

function beginning(text: string): string {
  return `${text.slice(0, MOST_SHOWN)} (cut: ${note(text.length)})`;
}

function note(length: number): string {
  return `${length} characters in all, the first ${MOST_SHOWN} are shown`;
}
