/** The pages that people wrote: their links lead somewhere, their examples are the code that runs, their lists are complete. */
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./child.mjs";
import { ROOMS, WORKSPACES } from "./rooms.mjs";

const PAGES = [...globSync("*.md", { cwd: ROOT }), ...globSync("docs/**/*.md", { cwd: ROOT })].sort();

/** @param {string} path */
const read = (path) => readFileSync(join(ROOT, path), "utf8");

/** A page without its code blocks, whose brackets are no links. @param {string} path */
const prose = (path) => read(path).replace(/^```[\s\S]*?^```/gm, "");

/** @param {string} page @returns {{ text: string, target: string }[]} The links that stay inside the project. */
function linksOf(page) {
  const found = [...prose(page).matchAll(/\[([^\]]+)\]\(([^)\s]+)\)/g)].map((match) => ({ text: match[1] ?? "", target: match[2] ?? "" }));
  return found.filter(({ target }) => !/^[a-z]+:/.test(target));
}

/** The anchors of a page's headings, as they are made for people who read it in a browser. @param {string} page */
function anchorsOf(page) {
  const headings = [...prose(page).matchAll(/^#{1,6} (.+)$/gm)].map((match) => match[1] ?? "");
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

test.each(PAGES)("every link of %s leads to something that is there", (page) => {
  const broken = linksOf(page).filter(({ target }) => {
    const [path = "", anchor] = target.split("#");
    const file = path === "" ? page : relative(ROOT, join(ROOT, dirname(page), path));
    return !existsSync(join(ROOT, file)) || (anchor !== undefined && !anchorsOf(file).includes(anchor));
  });
  expect(broken).toEqual([]);
});

test.each([
  ["README.md", 2],
  ["docs/jobs-and-outcomes.md", 3],
])("the examples of %s are the code that the demo and its tests run", (page, count) => {
  const folder = "apps/demo/src/examples";
  const examples = readdirSync(join(ROOT, folder)).map((file) => read(join(folder, file)));
  const shown = [...read(page).matchAll(/^```(?:js|ts)\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? "");
  expect(shown).toHaveLength(count);
  expect(shown.filter((code) => !examples.some((example) => example.includes(code)))).toEqual([]);
});

test("the README's producer and consumer are whole files, to be pasted elsewhere: they import BullMQ and nothing else", () => {
  const shown = [...read("README.md").matchAll(/^```js\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? "");
  expect(shown.map((code) => [...code.matchAll(/\b(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1]))).toEqual([
    ["bullmq"],
    ["bullmq"],
  ]);
  expect(shown.filter((code) => code.includes("@linkup-queue"))).toEqual([]);
});

test.each(PAGES)("the npm commands that %s names exist", (page) => {
  const { scripts } = JSON.parse(read("package.json"));
  const commands = [...read(page).matchAll(/`npm (?:run (?:--silent )?)?([a-z:]+)|^npm (?:run (?:--silent )?)?([a-z:]+)/gm)].map(
    (match) => match[1] ?? match[2] ?? "",
  );
  const npms = ["install", "ping"];
  expect([...new Set(commands)].filter((name) => !(name in scripts) && !npms.includes(name))).toEqual([]);
});

test("the operations guide begins with doctor, in each way in which it is reached", () => {
  const guide = read("docs/operations-guide.md");
  const [, first = "", rest = ""] = /^## (.+)\n([\s\S]*?)^## /m.exec(guide) ?? [];
  expect(first).toBe("Begin with doctor");
  const [, commands = ""] = /^```sh\n([\s\S]*?)^```/m.exec(rest) ?? [];
  expect(commands).toMatch(/^npm run linkup -- doctor\b/m);
  expect(commands).toMatch(/^docker compose exec api node apps\/cli\/src\/main\.ts doctor\b/m);
  expect(commands).toMatch(/^curl .*\/v1\/findings"/m);
  expect(linksOf("docs/operations-guide.md")[0]).toEqual({ text: first, target: "#begin-with-doctor" });
});

test("every warning and error that a worker logs is in the operations guide", () => {
  const guide = read("docs/operations-guide.md");
  const sources = globSync("apps/worker/src/**/*.ts", { cwd: ROOT, exclude: (path) => path.endsWith(".test.ts") });
  const logged = sources.flatMap((path) =>
    [...read(path).matchAll(/\b(?:log\.(?:warn|error)|trouble\.see)\([^;]*?["`]([a-zA-Z][^"`$]{6,})/g)].map((match) =>
      (match[1] ?? "").trim(),
    ),
  );
  expect(logged.length).toBeGreaterThan(5);
  expect(logged.filter((message) => !guide.includes(message))).toEqual([]);
});

test("every change that is told is in the operations guide", () => {
  const guide = read("docs/operations-guide.md");
  const lines = [...read("packages/queue/src/safety/announce-changes.ts").matchAll(/^ {2}\w+: "([^"]+)",$/gm)].map(([, line = ""]) => line);
  expect(lines.length).toBeGreaterThan(10);
  expect(lines.filter((line) => !guide.includes(line))).toEqual([]);
});

test("every state of an account and every reason for one is on the page of its life", () => {
  const page = read("docs/life-of-a-job.md");
  const scripts = [
    "packages/queue/src/accounts/lua/account-life.lua",
    "apps/worker/src/job/refresh-token.ts",
    "packages/queue/src/work/sweep.ts",
  ]
    .map(read)
    .join("\n");
  const reasons = [...scripts.matchAll(/(?:start_login|needs_attention)\(id, '(\w+)'|'why', '(\w+)'|\bwhy: "(\w+)"/g)];
  const words = [...new Set(reasons.map((match) => match[1] ?? match[2] ?? match[3] ?? ""))];
  expect(words.length).toBeGreaterThan(10);
  expect(words.filter((word) => !page.includes(`\`${word}\``))).toEqual([]);
  const states = /-- The life of an account: ([a-z_| ]+),/.exec(scripts)?.[1]?.split(" | ") ?? [];
  expect(states).toHaveLength(6);
  expect(states.filter((state) => !page.includes(`${state} -->`))).toEqual([]);
});

test("every workspace and every room is on the page of rooms", () => {
  const rooms = Object.entries(ROOMS).flatMap(([workspace, inside]) => Object.keys(inside).map((room) => `${workspace}/src/${room}`));
  const known = linksOf("docs/rooms.md").map(({ target }) => target.replace("../", ""));
  const missing = [...Object.keys(WORKSPACES), ...rooms].filter(
    (folder) => !known.some((path) => path === folder || path.startsWith(`${folder}/`)),
  );
  expect(missing).toEqual([]);
});

test("every event that is posted to webhooks is on their page", () => {
  const page = read("docs/webhooks.md");
  const definition = read("packages/queue/src/webhooks/webhook-definition.ts");
  const words = /CAMPAIGN_WORDS = \[([^\]]+)\]/.exec(definition)?.[1]?.match(/\w+/g) ?? [];
  expect(words.length).toBeGreaterThan(4);
  expect(words.filter((word) => !page.includes(`\`campaign.${word}\``))).toEqual([]);
  const causes = /STALL_CAUSES = \[([^\]]+)\]/.exec(read("packages/queue/src/campaigns/campaign-definition.ts"))?.[1]?.match(/\w+/g) ?? [];
  expect(causes.length).toBeGreaterThan(3);
  expect(causes.filter((cause) => !page.includes(`\`${cause}\``))).toEqual([]);
});

test.each([
  ["account", "ACCOUNT_WORDS", 7],
  ["key", "KEY_WORDS", 5],
  ["brake", "BRAKE_WORDS", 2],
  ["person", "PERSON_WORDS", 1],
])("every event of %s that is posted to webhooks is on their page, and no other", (kind, list, least) => {
  const page = read("docs/webhooks.md");
  const [, text = ""] = new RegExp(`${list} = \\[([^\\]]+)\\]`).exec(read("packages/queue/src/webhooks/change-body.ts")) ?? [];
  const words = text.match(/\w+/g) ?? [];
  expect(words.length).toBeGreaterThanOrEqual(least);
  const rows = [...page.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = ""]) => [...cell.matchAll(/`([a-z_]+)\.([a-z_]+)`/g)]);
  const told = rows.filter(([, of]) => of === kind).map(([, , word = ""]) => word);
  expect(told.toSorted()).toEqual(words.toSorted());
});

test("every cause of a rest is on the page of an account's life", () => {
  const causes = /REST_CAUSES = \[([^\]]+)\]/.exec(read("packages/contracts/src/outcome/codes.ts"))?.[1]?.match(/\w+/g) ?? [];
  expect(causes.length).toBeGreaterThan(5);
  const page = read("docs/life-of-a-job.md");
  expect(causes.filter((cause) => !page.includes(`| \`${cause}\` |`))).toEqual([]);
});

test("every reason for which the gate lets a job wait is in the operations guide", () => {
  const guide = read("docs/operations-guide.md");
  const checks = readdirSync(join(ROOT, "packages/queue/src/ledger/lua/checks")).map((name) =>
    read(`packages/queue/src/ledger/lua/checks/${name}`),
  );
  checks.push(read("packages/queue/src/ledger/lua/pacing.lua"));
  const reasons = [
    ...checks.join("\n").matchAll(/(?:asking\.wait|\bpark|asking\.parked|hold_back)\(.*?'(\w+)'\s*[,)]|wait_ms, reason = .*, '(\w+)'/g),
  ].map(([, one, other]) => one ?? other ?? "");
  expect(new Set(reasons).size).toBeGreaterThan(6);
  expect([...new Set(reasons)].filter((reason) => !guide.includes(`\`${reason}\``))).toEqual([]);
});

test("every reason for which a job waits is told to those who read its state", () => {
  const page = read("docs/jobs-and-outcomes.md");
  const words = [...read("packages/contracts/src/job/wait-reasons.ts").matchAll(/^ {2}(\w+): "/gm)].map(([, reason]) => reason ?? "");
  expect(words.length).toBeGreaterThan(25);
  expect(words.filter((reason) => !page.includes(`\`${reason}\``))).toEqual([]);
});
