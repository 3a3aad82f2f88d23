/** One line of the table: what was measured, what it should be, and what it was for ours and for its peers. No measuring here. */
export type Row = {
  scenario: string;
  figure: string;
  /** In words; a dash where the line only informs. */
  target: string;
  ours: string;
  /** The same of plain BullMQ; a dash where it has nothing like it. */
  plain: string;
  /** The same of BullMQ as a competent user sets it up by hand; left out where it was not measured. */
  byHand?: string;
  /** The same of other libraries, each with its name. */
  others?: string;
  /** Null where there is no target. */
  met: boolean | null;
};

export const NOTHING = "-";

export function percent(share: number, digits = 1): string {
  return Number.isNaN(share) ? NOTHING : `${(share * 100).toFixed(digits)} %`;
}

/** Milliseconds, from ten seconds on as seconds. */
export function millis(ms: number): string {
  if (Number.isNaN(ms)) return NOTHING;
  return ms >= 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms)} ms`;
}
