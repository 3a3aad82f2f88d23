/** The command line in this process, at a terminal that a test types at and reads: what a pipe never shows. */
import { PassThrough } from "node:stream";
import { V1_PRICES } from "@linkup-queue/linkup/prices";
import { waitFor } from "@linkup-queue/testkit";
import { runCommandLine } from "../src/run-command-line.ts";
import type { ConsoleIo } from "../src/terminal/console-io.ts";
import type { CliSystem } from "./system.ts";

export type Terminal = {
  type: (text: string) => void;
  /** Everything on the screen, both outputs. */
  screen: () => string;
  /** Waits until the screen shows this. */
  shows: (text: string | RegExp) => Promise<void>;
  /** The exit status, when the command has ended. */
  ended: Promise<number>;
};

/** Starts a command; nothing is typed yet. */
export function atTerminal(system: CliSystem, args: readonly string[], timeZone = "UTC"): Terminal {
  let screen = "";
  const output = () => {
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 200 });
    stream.setEncoding("utf8").on("data", (text: string) => {
      screen += text;
    });
    return stream;
  };
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  const io: ConsoleIo = {
    environment: () => system.env,
    prices: V1_PRICES,
    folder: system.folder.path,
    settingsFile: `${system.folder.path}/none.env`,
    timeZone,
    stdin,
    stdout: output(),
    stderr: output(),
  };
  return {
    type: (text) => void stdin.write(text),
    screen: () => screen,
    shows: async (text) => {
      const shown = () => (typeof text === "string" ? screen.includes(text) : text.test(screen));
      await waitFor(shown, { what: `the screen to show ${String(text)}` });
    },
    ended: runCommandLine(args, io),
  };
}
