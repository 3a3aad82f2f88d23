/** The table of who may import what: what it must catch, and that it holds for this project. */
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { expect, test } from "vitest";
import { findImportProblems, judgeFile, judgeManifest, judgeTurbo, readImports } from "./check-imports.mjs";
import { ROOT } from "./child.mjs";
import { ROOMS } from "./rooms.mjs";

/** @param {string} workspace @param {string} text */
const judge = (workspace, text) => judgeFile({ workspace, file: "some-file.ts", text });

test.each([
  ["packages/queue", 'import { call } from "@linkup-queue/linkup";'],
  ["packages/linkup", 'import type { Gate } from "@linkup-queue/queue";'],
  ["packages/contracts", 'export * from "@linkup-queue/queue";'],
  ["apps/api", 'const worker = await import("@linkup-queue/worker");'],
  ["apps/api", 'import { startSandbox } from "@linkup-queue/sandbox";'],
  ["apps/api", 'import { createHttpTransport } from "@linkup-queue/linkup";'],
  ["apps/cli", 'import { createHttpTransport } from "@linkup-queue/linkup";'],
  ["apps/worker", 'import { acquireRedis } from "@linkup-queue/testkit";'],
  ["apps/sandbox", 'import { ledger } from "@linkup-queue/queue";'],
  ["apps/worker", 'import { Worker } from "bullmq";'],
  ["apps/api", 'import { Redis } from "ioredis";'],
  ["packages/queue", 'import got from "got";'],
  ["packages/linkup", 'import "jose";'],
  ["apps/worker", 'import express from "express";'],
  ["packages/queue", 'import { createBullBoard } from "@bull-board/api";'],
  ["apps/worker", 'const level = process.env["LOG_LEVEL"];'],
])("%s must not hold: %s", (workspace, text) => {
  expect(judge(workspace, text)).toHaveLength(1);
});

test.each([
  ["packages/queue", 'import { JobData } from "@linkup-queue/contracts";\nimport { Queue } from "bullmq";'],
  ["packages/linkup", 'import got from "got";'],
  ["apps/worker", 'import { openGate } from "@linkup-queue/queue";\nimport { call } from "@linkup-queue/linkup";'],
  ["apps/api", 'import express from "express";'],
  ["apps/api", 'import { V1_PRICES } from "@linkup-queue/linkup/prices";'],
  ["apps/cli", 'const { V1_PRICES } = await import("@linkup-queue/linkup/prices");'],
  ["apps/bench", 'import { Worker } from "bullmq";\nimport got from "got";'],
  ["packages/queue", "// the worker imports from @linkup-queue/linkup\n/* process.env and import 'got' are not for here */"],
])("%s may hold: %s", (workspace, text) => {
  expect(judge(workspace, text)).toEqual([]);
});

test("a room enters those below it, and none above it or beside it", () => {
  /** @param {string} file @param {string} specifier */
  const enters = (file, specifier) => judgeFile({ workspace: "packages/queue", file, text: `import { a } from "${specifier}";` });
  expect(enters("ledger/gate.ts", "../job/job-ref.ts")).toEqual([]);
  expect(enters("ledger/gate.ts", "./outbox.ts")).toEqual([]);
  expect(enters("campaigns/feed/campaign-plan.ts", "../campaign-definition.ts")).toEqual([]);
  expect(enters("engine.ts", "./ledger/gate.ts")).toEqual([]);
  expect(enters("job/job-ref.ts", "../ledger/gate.ts")).toEqual([
    "packages/queue/src/job/job-ref.ts imports ../ledger/gate.ts: job may not enter ledger, only no room",
  ]);
  expect(enters("campaigns/campaigns.ts", "./feed/campaign-plan.ts")).toHaveLength(1);
  expect(enters("erasure/forget-person.ts", "../engine.ts")).toHaveLength(1);
  expect(enters("elsewhere/file.ts", "../job/job-ref.ts")).toHaveLength(1);
});

test("no way through the rooms leads back to where it began", () => {
  for (const rooms of Object.values(ROOMS)) {
    /** @param {string} room @param {string[]} path */
    const walk = (room, path) => {
      expect(path).not.toContain(room);
      for (const next of rooms[room] ?? []) walk(next, [...path, room]);
    };
    for (const room of Object.keys(rooms)) walk(room, []);
  }
});

test("a manifest and turbo.json that allow more than the table, or less, are told", () => {
  const ours = { "@linkup-queue/queue": "workspace:*" };
  expect(judgeManifest("packages/linkup", { dependencies: ours })).toHaveLength(1);
  expect(judgeManifest("packages/linkup", { devDependencies: ours })).toHaveLength(1);
  expect(judgeManifest("packages/linkup", { devDependencies: { "@linkup-queue/sandbox": "workspace:*" } })).toEqual([]);
  expect(judgeTurbo({ boundaries: { tags: {} } }).length).toBeGreaterThan(5);
});

test("mains read the environment, whatever stands before the word", () => {
  const text = "const env = process.env;";
  expect(judgeFile({ workspace: "apps/worker", file: "main.ts", text })).toEqual([]);
  expect(judgeFile({ workspace: "apps/worker", file: "domain.ts", text })).toHaveLength(1);
});

test("imports over several lines and imports for their effect are found", () => {
  expect(readImports('import {\n  a,\n  b,\n} from "one";\nimport "two";\nexport { c } from \'three\';')).toEqual(["one", "two", "three"]);
});

test("whoever is told prices can't make a call: their entry reaches no file that can send", () => {
  /** @type {Set<string>} */
  const reached = new Set();
  /** @param {string} file */
  const walk = (file) => {
    if (reached.has(file)) return;
    reached.add(file);
    const imports = readImports(readFileSync(join(ROOT, file), "utf8"));
    for (const specifier of imports) if (specifier.startsWith(".")) walk(posix.join(posix.dirname(file), specifier));
    expect(imports, file).not.toContain("got");
  };
  walk("packages/linkup/src/prices.ts");
  expect(reached).toContain("packages/linkup/src/v1/operations.ts");
  expect([...reached].filter((file) => file.includes("/http/"))).toEqual([]);
});

test("this project's product code keeps to the table", () => {
  expect(findImportProblems(ROOT)).toEqual([]);
});
