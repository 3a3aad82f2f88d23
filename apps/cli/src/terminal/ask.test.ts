/** Secrets typed at a terminal: never shown, corrected like any line, and given up with Ctrl-C. */
import { PassThrough } from "node:stream";
import { AccountPassword } from "@linkup-queue/contracts";
import { V1_PRICES } from "@linkup-queue/linkup/prices";
import { expect, test } from "vitest";
import { askSecret, askWhetherToGoOn } from "./ask.ts";
import type { ConsoleIo, Input } from "./console-io.ts";

function terminal(): { io: ConsoleIo; type: (text: string) => void; shown: () => string; raw: boolean[] } {
  const raw: boolean[] = [];
  const keyboard = new PassThrough();
  const screen = new PassThrough();
  const stdin: Input = Object.assign(keyboard, { isTTY: true, setRawMode: (on: boolean) => raw.push(on) });
  let shown = "";
  screen.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
  });
  const io = {
    environment: () => ({}),
    prices: V1_PRICES,
    folder: ".",
    settingsFile: ".env",
    timeZone: "UTC",
    stdin,
    stdout: screen,
    stderr: screen,
  };
  return { io, type: (text) => void keyboard.write(text), shown: () => shown, raw };
}

const QUESTION = { what: "Password of ada", stdinOption: "--password-stdin", fromStdin: false, form: AccountPassword };

test("typed text is taken with its corrections and not shown; the terminal is left as it was", async () => {
  const { io, type, shown, raw } = terminal();
  const answer = askSecret(io, QUESTION);
  type("wrong\u0015pass wörx\u007fd");
  type("\r");
  expect(await answer).toBe("pass wörd");
  expect(shown()).toBe("Password of ada (not shown): \n");
  expect(raw).toEqual([true, false]);
});

test("Ctrl-C gives up, and the terminal is left as it was", async () => {
  const { io, type, raw } = terminal();
  const answer = askSecret(io, QUESTION);
  type("half\u0003");
  await expect(answer).rejects.toMatchObject({ code: "interrupted" });
  expect(raw).toEqual([true, false]);
});

test("nothing typed is refused", async () => {
  const { io, type } = terminal();
  const answer = askSecret(io, QUESTION);
  type("\r");
  await expect(answer).rejects.toThrow("Password of ada must not be empty");
});

test("a question goes on with yes alone", async () => {
  for (const [typed, goesOn] of [
    ["y\n", true],
    ["YES\n", true],
    ["\n", false],
    ["no\n", false],
  ] as const) {
    const { io, type } = terminal();
    const answer = askWhetherToGoOn(io, "Sure?");
    type(typed);
    expect(await answer).toBe(goesOn);
  }
});
