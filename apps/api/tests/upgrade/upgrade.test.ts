/** Redis as each earlier layout's version left it, opened by this version; and the fixtures, whether they hold what an upgrade may meet. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LAYOUT } from "@linkup-queue/queue/inside";
import { describe, expect, test } from "vitest";
import { proveUpgrade } from "./prove-upgrade.ts";
import { readRows, rowsOf } from "./upgrade-rows.ts";

/** The ledger's word and BullMQ's, of jobs wherever one could be in every layout. */
const WAS = [
  "held, delayed",
  "none, completed",
  "none, delayed",
  "none, failed",
  "none, gone",
  "none, prioritized",
  "open and left, active",
  "open, active",
  "parked, delayed",
  "released, prioritized",
  "settled, completed",
  "settled, failed",
  "waiting, delayed",
];
/** The same of those that a layout had besides. */
const WAS_TOO: Readonly<Record<number, readonly string[]>> = { 1: [], 2: ["braked, delayed"], 3: ["braked, delayed"] };

describe.each(Object.keys(WAS_TOO).map(Number))("the fixture of layout %i", (layout) => {
  const path = (name: string) => join(import.meta.dirname, "fixtures", `redis-layout-${layout}.${name}`);
  const rows = readRows(readFileSync(path("rows.ndjson"), "utf8"));

  test("has accounts in all six states, campaigns in all six, and jobs wherever one can be", () => {
    const states = (kind: "account" | "campaign") => [...new Set(rowsOf(rows, kind).map(({ was }) => was))].sort();
    expect(states("account")).toEqual(["active", "awaiting_code", "cooling", "disabled", "needs_attention", "refreshing"]);
    expect(states("campaign")).toEqual(["cancelled", "draft", "ended", "paused", "running", "scheduled"]);
    const jobs = rowsOf(rows, "job").map(({ was }) => was);
    expect([...new Set(jobs)].sort()).toEqual([...WAS, ...(WAS_TOO[layout] ?? [])].sort());
  });

  test("has webhooks with deliveries that wait, and with dead letters", () => {
    const [audit, crm] = rowsOf(rows, "webhook");
    expect(audit).toMatchObject({ id: "audit", dead: 4 });
    expect(audit?.waiting).toBeGreaterThan(0);
    expect(crm).toMatchObject({ id: "crm", dead: 0 });
    expect(crm?.waiting).toBeGreaterThan(5);
  });
});

test("the fixture of the present layout has a rest of one family of an account's, and a brake", () => {
  const text = readFileSync(join(import.meta.dirname, "fixtures", `redis-layout-${LAYOUT.version}.ndjson`), "utf8");
  expect(text).toMatch(/\["rests","\{\\"invite\\":\{[^}]*\\"cause\\":\\"weekly_limit\\"/);
  expect(text).toMatch(/:gate:brake:invitation\.status","type":"hash"/);
});

// Each with the other stop: upgrade.long.test.ts.
describe("layout 1", () => proveUpgrade(1, "so long that parked jobs are let go by BullMQ itself"));
describe("layout 2", () => proveUpgrade(2, "shorter than parked jobs sleep"));
describe("layout 3", () => proveUpgrade(3, "so long that parked jobs are let go by BullMQ itself"));
