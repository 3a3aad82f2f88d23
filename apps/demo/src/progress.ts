/** How a run is shown while it runs: a live bar on a terminal, plain lines everywhere else. It only writes. */
import { MultiBar } from "cli-progress";

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
/** The library clears the first of the lines that it pushes above the bar, and no other. */
const ERASE_REST = "\u001b[K";

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

function liveProgress({ stream }: Output): Progress {
  const bars = new MultiBar({
    stream,
    barsize: Math.max(10, Math.min(30, (stream.columns || 80) - 56)),
    barCompleteChar: "█",
    barIncompleteChar: "░",
    hideCursor: true,
    linewrap: false,
    fps: 10,
    // Lines that stay push the bar down, and then it must be drawn again though nothing in it changed.
    forceRedraw: true,
    // The demo stops things in order itself.
    gracefulExit: false,
    format: "{bar} {value}/{total}  in window {inWindow}/{limit}  parked {parked}",
  });
  const blank = { inWindow: 0, limit: 0, parked: 0, accounts: "" };
  let rows: ReturnType<MultiBar["create"]>[] = [];
  let ended = false;
  return {
    tell: (line) => {
      if (rows.length === 0 || ended) stream.write(`${line}\n`);
      else bars.log(`${line}${ERASE_REST}\n`);
    },
    show: (look) => {
      if (ended) return;
      if (rows.length === 0) rows = [bars.create(look.total, 0, blank), bars.create(1, 0, blank, { format: "{accounts}" })];
      rows[0]?.update(look.done, look);
      rows[1]?.update(0, look);
    },
    end: () => {
      if (ended) return;
      ended = true;
      if (rows.length === 0) return;
      // Draws what was told last.
      bars.update();
      bars.stop();
    },
  };
}
