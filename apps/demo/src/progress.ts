/** How a run is shown while it runs: a live bar on a terminal, plain lines everywhere else. It only writes. */
import { Progress as Bar, type ProgressState, progressText } from "@linkup-queue/cli/progress";

export type Look = { done: number; total: number; inWindow: number; limit: number; parked: number; accounts: string };

export type Progress = {
  /** A line that stays. */
  tell(line: string): void;
  /** The state of things now; shown as often as suits the place. */
  show(look: Look): void;
  /** Ends the bar; what is told later comes below it. */
  end(): void;
};

export type Output = { stream: NodeJS.WriteStream; env: Readonly<Record<string, string | undefined>>; now?: () => number };

const PLAIN_EVERY_MS = 2_000;

/** Whether a bar may be drawn there: a terminal, and nobody asked for less. */
export function isLive({ stream, env }: Output): boolean {
  const asksForLess = (env["NO_COLOR"] ?? "") !== "" || (env["CI"] ?? "") !== "" || env["TERM"] === "dumb";
  return stream.isTTY === true && !asksForLess;
}

/** The progress that suits the output. */
export function openProgress(output: Output): Progress {
  return isLive(output) ? liveProgress(output) : plainProgress(output);
}

function plainProgress({ stream, now = () => performance.now() }: Output): Progress {
  let shownAtMs = Number.NEGATIVE_INFINITY;
  let shown = "";
  const tell = (line: string) => void stream.write(`${line}\n`);
  return {
    tell,
    show: ({ done, total, inWindow, limit, parked, accounts }) => {
      const line = `          ${done}/${total} done, ${inWindow}/${limit} in window, ${parked} parked; ${accounts}`;
      const due = now() - shownAtMs >= PLAIN_EVERY_MS || done === total;
      if (!due || line === shown) return;
      shownAtMs = now();
      shown = line;
      tell(line);
    },
    end: () => undefined,
  };
}

function stateOf({ done, total, inWindow, limit, parked, accounts }: Look): ProgressState {
  const said = `${done}/${total}, ${inWindow}/${limit} in window, ${parked} parked; ${accounts}`;
  return { share: done / total, said, leftMs: null };
}

function liveProgress({ stream }: Output): Progress {
  const bar = new Bar(stream);
  let last: Look | null = null;
  return {
    tell: (line) => {
      // Above the bar, which the next look draws again.
      bar.end();
      stream.write(`${line}\n`);
    },
    show: (look) => {
      last = look;
      bar.show(stateOf(look));
    },
    end: () => {
      bar.end();
      if (last !== null) stream.write(`${progressText(stateOf(last))}\n`);
      last = null;
    },
  };
}
