/** A command's report, as data: the same for a terminal, a pipe and a program. Printing is `print-report.ts`'s. */

export type Tone = "good" | "warn" | "bad" | "dim" | "strong";
export type Cell = string | number | null | { text: string; tone: Tone };

export type Section =
  | {
      kind: "table";
      title?: string;
      head: readonly string[];
      rows: readonly (readonly Cell[])[];
      /** Said instead of an empty table. */
      whenEmpty?: string;
      /** Columns for people at a terminal only, by their heads. */
      terminalOnly?: readonly string[];
    }
  | { kind: "facts"; rows: readonly (readonly [name: string, value: Cell])[] }
  | { kind: "line"; text: string; tone?: Tone /** Left out of a pipe, where it would stand among the rows. */; terminalOnly?: true };

export type Report = {
  /** The whole answer for programs; printed with --json, alone. */
  json: unknown;
  sections: readonly Section[];
  /** Default 0. */
  exitCode?: number;
};

/** An answer of one sentence. */
export function sentence(text: string, json: unknown): Report {
  return { json, sections: [{ kind: "line", text }] };
}

/** The words of an account's or a job's state, with the tone that fits. */
export function stateCell(state: string): Cell {
  return { text: state, tone: TONES[state] ?? "strong" };
}

const TONES: Readonly<Record<string, Tone>> = {
  active: "good",
  open: "good",
  completed: "good",
  succeeded: "good",
  refreshing: "warn",
  cooling: "warn",
  parked: "warn",
  delayed: "warn",
  unknown: "warn",
  waiting: "strong",
  cancelled: "dim",
  disabled: "dim",
  awaiting_code: "bad",
  needs_attention: "bad",
  stopped: "bad",
  failed: "bad",
};
