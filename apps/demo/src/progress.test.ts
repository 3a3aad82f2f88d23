/** How the run is shown: a bar on terminals that want one, plain lines elsewhere. */
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { isLive, openProgress } from "./progress.ts";

/** A stream that says it is a terminal, or not. */
function output(isTTY: boolean): NodeJS.WriteStream & PassThrough {
  return Object.assign(new PassThrough(), { isTTY, columns: 100 }) as unknown as NodeJS.WriteStream & PassThrough;
}
const LOOK = { done: 1, total: 3, inWindow: 2, limit: 300, parked: 1, accounts: "anna active" };

test("a bar is drawn on a terminal alone, and not where NO_COLOR, CI or a dumb terminal asks for less", () => {
  expect(isLive({ stream: output(true), env: {} })).toBe(true);
  expect(isLive({ stream: output(false), env: {} })).toBe(false);
  for (const env of [{ NO_COLOR: "1" }, { CI: "true" }, { TERM: "dumb" }]) expect(isLive({ stream: output(true), env })).toBe(false);
});

test("plain lines come at most every two seconds, the last one always, and hold no control characters", async () => {
  const stream = output(false);
  let nowMs = 0;
  const progress = openProgress({ stream, env: {}, now: () => nowMs });
  progress.show(LOOK);
  nowMs = 1_999;
  progress.show({ ...LOOK, done: 2 });
  progress.tell("something happened");
  nowMs = 2_000;
  progress.show({ ...LOOK, inWindow: 3 });
  progress.show({ ...LOOK, done: 3 });
  progress.end();
  stream.end();
  const lines = (await text(stream)).trimEnd().split("\n");
  expect(lines.map((line) => line.trim().split(" ")[0])).toEqual(["1/3", "something", "1/3", "3/3"]);
  expect(lines.join("")).not.toContain("\u001b");
});

test("a line that is told while the bar is up stays above it, and the bar ends with the last look", async () => {
  const stream = output(true);
  const progress = openProgress({ stream, env: {} });
  progress.show(LOOK);
  progress.tell("something happened");
  progress.show({ ...LOOK, done: 3 });
  progress.end();
  progress.tell("after the end");
  stream.end();
  const shown = await text(stream);
  expect(shown.indexOf("something happened")).toBeGreaterThan(0);
  expect(shown.lastIndexOf("3/3")).toBeGreaterThan(shown.indexOf("something happened"));
  expect(shown.endsWith("after the end\n")).toBe(true);
});
