/** Trouble that repeats is one line, and one more a minute. */
import { pino } from "pino";
import { beforeEach, expect, test } from "vitest";
import { TroubleTeller } from "./tell-trouble.ts";

type Line = { msg: string; err?: { message: string; stack: string }; trouble?: string; repeats?: number; seconds?: number };

let lines: Line[];
let nowMs: number;
let teller: TroubleTeller;
beforeEach(() => {
  lines = [];
  nowMs = 1_000;
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line) as Line) });
  teller = new TroubleTeller(log, () => nowMs);
});

const away = () => new Error("connect ECONNREFUSED 127.0.0.1:6379");

test("450 of a kind within half a minute are one line with a stack, and then one with their number", () => {
  for (let at = 0; at < 450; at++) {
    teller.see(away());
    nowMs += 66;
    if (at % 75 === 0) teller.look();
  }
  expect(lines).toMatchObject([{ msg: "trouble", err: { message: "connect ECONNREFUSED 127.0.0.1:6379" } }]);
  expect(lines[0]?.err?.stack).toContain("at ");
  nowMs = 61_000;
  teller.look();
  expect(lines).toHaveLength(2);
  expect(lines[1]).toMatchObject({ trouble: "connect ECONNREFUSED 127.0.0.1:6379", repeats: 449, seconds: 60 });
  expect(lines[1]).not.toHaveProperty("err");
});

test("another kind is told at once, and what was over for a minute is new when it comes again", () => {
  teller.see(away());
  teller.see(new Error("another"));
  expect(lines.map(({ err }) => err?.message)).toEqual(["connect ECONNREFUSED 127.0.0.1:6379", "another"]);
  nowMs += 60_000;
  teller.look();
  teller.see(away());
  expect(lines).toHaveLength(3);
  expect(lines[2]).toMatchObject({ msg: "trouble", err: { message: "connect ECONNREFUSED 127.0.0.1:6379" } });
});

test("kinds without end are not remembered without end, and all are told", () => {
  for (let at = 0; at < 1_000; at++) teller.see(new Error(`kind ${at}`));
  expect(lines).toHaveLength(1_000);
});

test("the same error in other words is another trouble, and a caller may tell the first of a kind in its own way", () => {
  teller.see(away());
  teller.see(away(), "trouble with webhooks; looking again", { webhook: "crm" });
  const tell = () => void lines.push({ msg: "not ready" });
  for (let at = 0; at < 3; at++) teller.count({ name: "not ready", message: "Redis is away" }, tell);
  expect(lines).toMatchObject([{ msg: "trouble" }, { msg: "trouble with webhooks; looking again", webhook: "crm" }, { msg: "not ready" }]);
});

test("a process that stops tells the repeats that it has not told yet, once", () => {
  for (let at = 0; at < 4; at++) teller.see(away());
  teller.end();
  teller.end();
  expect(lines).toHaveLength(2);
  expect(lines[1]).toMatchObject({ trouble: "connect ECONNREFUSED 127.0.0.1:6379", repeats: 3 });
});
