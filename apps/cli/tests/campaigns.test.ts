/** Campaigns through the real command line, against a worker and the sandbox. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openArchive } from "@linkup-queue/archive";
import type { Outcome } from "@linkup-queue/contracts";
import type { Campaign, Campaigns, CampaignView } from "@linkup-queue/queue";
import { packOutcome } from "@linkup-queue/queue/inside";
import { waitFor } from "@linkup-queue/testkit";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MAIN } from "./run-cli.ts";
import { type CliSystem, startCliSystem } from "./system.ts";
import { atTerminal } from "./terminal.ts";

const INPUT = ["--input", "linkedin_url={{linkedin_url}}", "--input", "message=Hello {{first_name|there}}, about {{company}}"];
const HEADER = "linkedin_url,First Name,company";
const row = (n: number, company = "Acme") => `https://www.linkedin.com/in/p-${n},Ann ${n},${company}`;
const line = (n: number) => JSON.stringify({ linkedin_url: `https://www.linkedin.com/in/p-${n}`, company: "Acme" });

let system: CliSystem;
let campaigns: Campaigns;
beforeAll(async () => {
  system = await startCliSystem();
  campaigns = system.engine.campaigns;
  await system.activeAccounts(["ada", "bob", "idle"]);
  await system.engine.accounts.pause("idle");
});
afterAll(() => system?.close());

function file(name: string, text: string | Uint8Array): string {
  writeFileSync(join(system.folder.path, name), text);
  return name;
}

const create = (id: string, ...more: string[]) =>
  system.linkup(["campaign", "create", "Spring", "--id", id, "--operation", "invitation.send", ...INPUT, ...more]);

async function campaign(id: string, { account = "idle", recipients = 0 } = {}): Promise<string> {
  expect(await create(id, "--account", account)).toMatchObject({ status: 0, stderr: "" });
  const table = [HEADER, ...Array.from({ length: recipients }, (_none, n) => row(n))].join("\n");
  if (recipients > 0) expect(await system.linkup(["campaign", "import", id, "-", "--format", "csv"], table)).toMatchObject({ status: 0 });
  return id;
}

async function read(id: string): Promise<Campaign> {
  const found = await campaigns.read(id);
  if (found === null) throw new Error(`there is no campaign ${id}`);
  return found;
}

/** A command whose end is not awaited, with what it printed so far. */
function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env["PATH"] ?? "", ...system.env, ...env },
    cwd: system.folder.path,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const printed = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      printed[name] += text;
    });
  }
  child.stdin.on("error", () => undefined);
  return { child, printed, closed: once(child, "close") };
}

describe("a campaign", () => {
  test("is made as a draft, once: the same again changes nothing, another under its id is refused", async () => {
    const args = ["--account", "ada,bob", "--account", "idle", "--max-credits", "5", "--priority", "normal", "--handover"];
    const first = await create("once", ...args, "--json");
    expect(first).toMatchObject({ status: 0, stderr: "" });
    expect(first.json()).toMatchObject({
      created: true,
      campaignId: "once",
      state: "draft",
      accountIds: ["ada", "bob", "idle"],
      maxCredits: 5,
      priority: "normal",
      handover: true,
      input: { message: "Hello {{first_name|there}}, about {{company}}" },
    });
    const again = await create("once", ...args);
    expect(again.stdout).toContain("nothing was changed");
    expect(again.stdout).toMatch(/^state\tdraft$/m);
    expect(await create("once", "--account", "ada")).toMatchObject({ status: 6, stdout: "" });
    const unnamed = await system.linkup([
      "campaign",
      "create",
      "N",
      "--operation",
      "invitation.send",
      "--account",
      "ada",
      ...INPUT,
      "--json",
    ]);
    expect((unnamed.json() as CampaignView).campaignId).toMatch(/^camp-[0-9a-f-]{36}$/);
  });

  test("takes its input as JSON, from a file, or field by field, where a field may want more than text", async () => {
    file("input.json", `\uFEFF${JSON.stringify({ linkedin_url: "{{linkedin_url}}" })}`);
    const make = (...input: string[]) =>
      system.linkup(["campaign", "create", "N", "--operation", "profile.scrape", "--account", "ada", "--json", ...input]);
    const runs = await Promise.all([
      make("--input", '{"linkedin_url": "{{linkedin_url}}"}'),
      make("--input", "@input.json"),
      system.linkup([
        "campaign",
        "create",
        "N",
        "--operation",
        "message.inbox",
        "--account",
        "ada",
        "--input",
        "total_results=25",
        "--json",
      ]),
    ]);
    expect(runs.map((run) => (run.json() as CampaignView).input)).toEqual([
      { linkedin_url: "{{linkedin_url}}" },
      { linkedin_url: "{{linkedin_url}}" },
      { total_results: 25 },
    ]);
  });

  test("that can't be made is refused in the words of the command line, and leaves nothing behind", async () => {
    const make = (...more: string[]) => system.linkup(["campaign", "create", "N", "--operation", "invitation.send", ...more]);
    const runs = await Promise.all([
      make("--account", "ada,ada", "--input", "message=Hi", "--input", "linkedin_url={{linkedin_url}}"),
      make("--account", "ada", "--input", `message=${"y".repeat(301)}`, "--input", "mesage=x", "--input", "linkedin_url={{linkedin_url}}"),
      make("--account", "ada", ...INPUT, "--start-at", "tomorrow"),
      make("--account", "ada", "--input", "message"),
      make("--account", "ada", "--input", "message=a", "--input", "message=b"),
      make("--account", "ada", "--input", "@nowhere.json"),
      make("--account", "ada", ...INPUT, "--id", "unfilled", "--recipients", "nowhere.csv"),
      system.linkup(["campaign", "create", "N", "--operation", "invitation.sned", "--account", "ada", ...INPUT]),
    ]);
    expect(runs.map(({ status }) => status)).toEqual([4, 4, 4, 2, 2, 5, 5, 4]);
    expect(runs[0]?.stderr).toContain("--account: names an account twice");
    expect(runs[1]?.stderr).toContain("--input message: ");
    expect(runs[1]?.stderr).toContain("--input mesage: is not a known field");
    expect(runs[2]?.stderr).toContain("--start-at: ");
    expect(runs[7]?.stderr).toContain("--operation: ");
    expect(await campaigns.read("unfilled")).toBeNull();
  });

  test("is filled as it is made, and made all the same when a row is refused", async () => {
    const name = file("some.csv", [HEADER, row(1), "nobody,Ann,Acme", row(2)].join("\r\n"));
    const run = await create("filled", "--account", "ada", "--recipients", name, "--json");
    expect(run.status).toBe(4);
    expect(run.json()).toMatchObject({
      created: true,
      recipients: { accepted: 2, unsent: 2 },
      imported: { accepted: 2, duplicates: 0, rejectedCount: 1, rejected: [{ line: 3, issues: [{ path: "input.linkedin_url" }] }] },
    });
  });
});

describe("recipients", () => {
  test("come from a table; wrong rows are told by their line, and another import adds nothing twice", async () => {
    const id = await campaign("table");
    const bad = Array.from({ length: 30 }, (_none, n) => `nobody-${n},Ann,Acme`);
    const name = file(
      "people.csv",
      ["\uFEFFlinkedin_url;First Name;company;(?)", ...[row(1), ...bad, row(2)].map((one) => `${one.replaceAll(",", ";")};x`)].join("\r\n"),
    );
    const first = await system.linkup(["campaign", "import", id, name]);
    expect(first).toMatchObject({ status: 4, stderr: "" });
    expect(first.stdout.match(/^row \d+, line \d+: /gm)).toHaveLength(20);
    expect(first.stdout).toContain("row 3, line 3: input.linkedin_url: ");
    expect(first.stdout).toContain("30 rows were refused");
    expect(first.stdout).toContain("2 recipients added to table, 0 were in before");
    expect(first.stdout).toContain("columns left out\t(?)");
    expect(first.stdout).toContain("First Name is first_name");
    const again = await system.linkup(["campaign", "import", id, name, "--json"]);
    expect(again.json()).toMatchObject({ accepted: 0, duplicates: 2, rejectedCount: 30, interrupted: false, error: null });
    expect((again.json() as { rejected: unknown[] }).rejected).toHaveLength(30);
    expect((await read(id)).recipients).toMatchObject({ accepted: 2 });
  });

  test("in a file that is no list are refused with what to do", async () => {
    const id = await campaign("no-list");
    const table = [HEADER, row(1).replace("Ann", "Zo\xeb")].join("\n");
    const text = await system.linkup(["campaign", "import", id, file("people.txt", table)]);
    expect(text).toMatchObject({ status: 4 });
    expect(text.stdout).toContain("line 1: is not JSON");
    expect(text.stdout).toContain("if it is a table, say --format csv");
    const book = await system.linkup(["campaign", "import", id, file("people.xlsx", "PK")]);
    expect(book).toMatchObject({ status: 4, stdout: "" });
    expect(book.stderr).toContain("people.xlsx is a spreadsheet's own file; save it as CSV");
    const legacy = file("legacy.csv", Buffer.from(table, "latin1"));
    expect((await system.linkup(["campaign", "import", id, legacy])).stdout).toContain("encoding\twindows-1252");
  });

  test("come as lines of JSON from stdin, whatever their number", async () => {
    const id = await campaign("lines");
    const all = Array.from({ length: 2_500 }, (_none, n) => line(n));
    const run = await system.linkup(["campaign", "import", id, "-", "--json"], all.join("\n"));
    expect(run).toMatchObject({ status: 0, stderr: "" });
    expect(run.json()).toMatchObject({ campaignId: id, accepted: 2_500, duplicates: 0, rejectedCount: 0, rejected: [] });
  });

  test("of another charset than the one that is named are refused row by row; without a name it is told from the bytes", async () => {
    const id = await campaign("charset");
    const name = file("latin.csv", Buffer.from(`linkedin_url|company\nhttps://www.linkedin.com/in/x|Caf\u00e9\n`, "latin1"));
    const args = ["campaign", "import", id, name, "--delimiter", "|"];
    const refused = await system.linkup([...args, "--encoding", "utf-8"]);
    expect(refused.status).toBe(4);
    expect(refused.stdout).toContain("row 2, line 2: company: is not valid text in this charset");
    expect((await system.linkup([...args, "--json"])).json()).toMatchObject({ accepted: 1, encoding: "windows-1252" });
    expect(await system.linkup([...args, "--encoding", "windows-1252"])).toMatchObject({ status: 0 });
    expect(await system.linkup([...args, "--encoding", "klingon"])).toMatchObject({ status: 2 });
  });

  test("are never people who are named inside a row's cell", async () => {
    const id = await campaign("mentioned");
    const rows = ['https://www.linkedin.com/in/ann,"introduced by', "https://www.linkedin.com/in/never-asked, VP Sales", '(Paris)",'];
    const table = ["linkedin_url,company", ...rows, "https://www.linkedin.com/in/bob,Acme"].join("\n");
    const run = await system.linkup(["campaign", "import", id, "-", "--format", "csv", "--json"], table);
    expect(run.json()).toMatchObject({ accepted: 1, rejectedCount: 1, rejected: [{ line: 2 }] });
    expect(run.stdout).toContain("the row is lines 2 to 4");
    const alone = "linkedin_url,company\nhttps://www.linkedin.com/in/never-asked,Acme";
    expect((await system.linkup(["campaign", "import", id, "-", "--format", "csv", "--json"], alone)).json()).toMatchObject({
      accepted: 1,
    });
  });

  test("are refused as a whole where the list or the campaign can't take them", async () => {
    const id = await campaign("closed");
    const missing = await system.linkup(
      ["campaign", "import", id, "-", "--format", "csv", "--json"],
      "linkedin_url\nhttps://linkedin.com/in/a",
    );
    expect(missing.status).toBe(4);
    expect(missing.json()).toMatchObject({ accepted: 0, error: { code: "invalid_input", issues: [{ path: "company" }] } });
    await campaigns.change(id, "cancel");
    const runs = await Promise.all([
      system.linkup(["campaign", "import", id, "-"], line(1)),
      system.linkup(["campaign", "import", "nowhere", "-"], line(1)),
      system.linkup(["campaign", "import", id, "nowhere.csv"]),
    ]);
    expect(runs.map(({ status }) => status)).toEqual([6, 5, 5]);
    expect(runs[0]?.stderr).toContain("is cancelled; it takes no recipients");
    expect(runs[1]?.stderr).toContain('"linkup campaign status" shows those there are');
  });

  test("stopped with Ctrl-C in the middle: whole rows are in and told, half a row is not; importing all again adds the rest", async () => {
    const id = await campaign("broken");
    const { child, printed, closed } = start(["campaign", "import", id, "-", "--format", "csv", "--json"]);
    const rows = Array.from({ length: 1_500 }, (_none, n) => row(n));
    // The pipe stays open, in the middle of a row that could be read as one.
    child.stdin.write(`${[HEADER, ...rows].join("\n")}\n${row(9_999, "Ac")}`);
    await waitFor(async () => (await read(id)).recipients.accepted, { what: "the first batch to be in", until: (seen) => seen > 0 });
    child.kill("SIGINT");
    await closed;
    expect(child.exitCode).toBe(130);
    const { accepted } = (await read(id)).recipients;
    expect(accepted).toBeLessThanOrEqual(1_500);
    expect(JSON.parse(printed.stdout)).toMatchObject({ accepted, rejectedCount: 0, interrupted: true, error: null });
    const all = [HEADER, ...rows, row(9_999)].join("\n");
    const again = await system.linkup(["campaign", "import", id, "-", "--format", "csv", "--json"], all);
    expect(again.json()).toMatchObject({ accepted: 1_501 - accepted, duplicates: accepted });
  });

  test("are counted at a terminal by a bar with rate and time left", async () => {
    const id = await campaign("bar");
    const name = file("bar.ndjson", Array.from({ length: 3_000 }, (_none, n) => line(n)).join("\n"));
    const terminal = atTerminal(system, ["campaign", "import", id, name]);
    expect(await terminal.ended).toBe(0);
    expect(terminal.screen()).toMatch(/[█▏▎▍▌▋▊▉░]{20} +\d+ % {2}\d+ recipients, \d+\/s, \d+ s left/);
    expect(terminal.screen()).toContain("3000 recipients added to bar");
  });
});

describe("a start", () => {
  test("is estimated, with what can't be sent and why; tried out it changes nothing, and without an account it is refused", async () => {
    const id = await campaign("lacking", { account: "idle,nobody", recipients: 4 });
    const [json, text, dry, dryText, refused] = await Promise.all([
      system.linkup(["campaign", "estimate", id, "--json"]),
      system.linkup(["campaign", "estimate", id]),
      system.linkup(["campaign", "start", id, "--dry-run", "--json"]),
      system.linkup(["campaign", "start", id, "--dry-run"]),
      system.linkup(["campaign", "start", id]),
    ]);
    expect(json.json()).toMatchObject({
      campaignId: id,
      recipients: 4,
      credits: 4,
      creditsPerRecipient: 1,
      finishAt: null,
      cannotSend: [
        { accountId: "idle", state: "disabled", recipients: 2 },
        { accountId: "nobody", state: "gone", recipients: 2 },
      ],
    });
    expect(text.stdout).toContain("linkup account add nobody");
    expect(text.stdout).toContain("account idle is disabled");
    expect(text.stdout).toMatch(/^credits to come\t4 \(1 each\)$/m);
    expect(dry.status).toBe(6);
    expect(dry.json()).toMatchObject({ dryRun: true, ok: false, problems: [expect.stringContaining("nobody")] });
    const sample = {
      recipientId: expect.stringMatching(/^https:/),
      input: expect.objectContaining({ message: expect.stringContaining("Hello Ann") }),
    };
    expect(dry.json()).toMatchObject({ samples: [sample, sample, sample, sample] });
    expect(dryText.stdout.split("\n").filter((row) => row.startsWith("https:"))).toHaveLength(4);
    expect(refused).toMatchObject({ status: 6, stdout: "" });
    expect(refused.stderr).toContain('"linkup account add nobody"');
    expect(await read(id)).toMatchObject({ state: "draft" });
  });

  test("at a terminal shows the estimate and asks; only a yes starts", async () => {
    const id = await campaign("asked", { recipients: 3 });
    const no = atTerminal(system, ["campaign", "start", id]);
    await no.shows("Start campaign asked for 3 recipients, about 3 credits? [y/N]");
    expect(no.screen()).toContain("account idle is disabled");
    no.type("\n");
    expect(await no.ended).toBe(130);
    expect(no.screen()).toContain("Nothing was changed");
    expect(await read(id)).toMatchObject({ state: "draft" });
    const yes = atTerminal(system, ["campaign", "start", id]);
    await yes.shows("[y/N]");
    yes.type("y\n");
    expect(await yes.ended).toBe(0);
    expect(await read(id)).toMatchObject({ state: "running" });
  });

  test("with --yes asks nothing at a terminal; a later start changes nothing", async () => {
    const id = await campaign("sure", { recipients: 1 });
    const terminal = atTerminal(system, ["campaign", "start", id, "--yes"]);
    expect(await terminal.ended).toBe(0);
    expect(terminal.screen()).not.toContain("[y/N]");
    expect((await system.linkup(["campaign", "start", id, "--json"])).json()).toMatchObject({ state: "running" });
    expect((await system.linkup(["campaign", "start", id, "--dry-run"])).stdout).toContain("only a draft is started");
  });
});

test("a draft or a paused campaign is edited: accounts share what is left anew, and what is left out stays", async () => {
  const id = await campaign("edited", { recipients: 5 });
  const edit = (...args: string[]) => system.linkup(["campaign", "edit", id, ...args]);
  expect(await edit()).toMatchObject({ status: 2, stderr: expect.stringContaining("Say what to change") });
  const changed = await edit(
    "--account",
    "idle,ada",
    "--max-credits",
    "70",
    "--expires-at",
    "2999-01-01T00:00:00Z",
    "--handover",
    "--json",
  );
  expect(changed).toMatchObject({ status: 0, stderr: "" });
  expect(changed.json()).toMatchObject({
    name: "Spring",
    accountIds: ["idle", "ada"],
    maxCredits: 70,
    expiresAt: "2999-01-01T00:00:00Z",
    handover: true,
    byAccount: [
      { accountId: "idle", unsent: 3 },
      { accountId: "ada", unsent: 2 },
    ],
  });
  const back = await edit("--max-credits", "none", "--expires-at", "none", "--no-handover", "--name", "Autumn", "--json");
  expect(back.stderr).toBe("");
  expect(back.json()).toMatchObject({ name: "Autumn", accountIds: ["idle", "ada"], maxCredits: null, expiresAt: null, handover: false });
  expect(await edit("--account", "ada,ada")).toMatchObject({
    status: 4,
    stderr: expect.stringContaining("--account: names an account twice"),
  });
  expect(await edit("--expires-at", "soon")).toMatchObject({ status: 4, stderr: expect.stringContaining("--expires-at") });
  expect(await edit("--input", "linkedin_url={{linkedin_url}}", "--input", "message={{nowhere}}")).toMatchObject({
    status: 4,
    stderr: expect.stringContaining("does not fit 5 of the recipients"),
  });
  await edit("--account", "idle");
  await system.linkup(["campaign", "start", id, "--yes"]);
  expect(await edit("--account", "ada")).toMatchObject({ status: 6, stderr: expect.stringContaining("pause it first") });
  await system.linkup(["campaign", "pause", id]);
  expect(await edit("--account", "nobody")).toMatchObject({ status: 6, stderr: expect.stringContaining("There is no account nobody") });
  expect((await read(id)).definition).toMatchObject({ accountIds: ["idle"], name: "Autumn" });
  const [last] = await system.engine.audit.read({ limit: 1 });
  expect(last).toMatchObject({ via: "command_line", what: "linkup campaign pause", target: id });
});

test("its moments are those of the reader's clock at a terminal, and UTC to a program", async () => {
  const id = await campaign("zoned");
  const { createdAt } = await read(id);
  const there = new Date(Date.parse(createdAt) + 5.5 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");
  const terminal = atTerminal(system, ["campaign", "status", id], "Asia/Kolkata");
  expect(await terminal.ended).toBe(0);
  expect(terminal.screen()).toContain(there);
  expect(terminal.screen()).toContain("Times are those of Asia/Kolkata, UTC+05:30.");
  expect(terminal.screen()).not.toContain(createdAt);
  const program = atTerminal(system, ["campaign", "status", id, "--json"], "Asia/Kolkata");
  expect(await program.ended).toBe(0);
  expect(JSON.parse(program.screen())).toMatchObject({ createdAt });
  expect((await system.linkup(["campaign", "status", id])).stdout).toContain(createdAt);
});

test("a text that is probably not meant is told and refused at the start, unless it is allowed; the first recipients are so many, and the others can be listed", async () => {
  const id = await campaign("doubted", { recipients: 5 });
  const { definition } = await read(id);
  await campaigns.edit(id, { ...definition, input: { ...definition.input, message: "Hello [Name], {{city|here}}" } });
  const [estimate, dry, refused] = await Promise.all([
    system.linkup(["campaign", "estimate", id]),
    system.linkup(["campaign", "start", id, "--dry-run", "--json"]),
    system.linkup(["campaign", "start", id]),
  ]);
  expect(estimate.stdout).toContain('input.message: "[Name]" would be sent as it stands');
  expect(estimate.stdout).toContain("city: no recipient has a value for it");
  expect(dry.json()).toMatchObject({ ok: false, doubts: [{ path: "input.message" }, { path: "city" }] });
  expect(refused).toMatchObject({ status: 6, stdout: "" });
  expect(refused.stderr).toContain('"[Name]"');
  const started = await system.linkup(["campaign", "start", id, "--allow-doubtful-text", "--first", "2", "--json"]);
  expect(started.json()).toMatchObject({ state: "running", first: 2, firstLeft: 2 });
  expect(await system.linkup(["campaign", "start", id, "--first", "3"])).toMatchObject({ status: 6 });
  await system.linkup(["campaign", "pause", id]);
  expect((await system.linkup(["campaign", "resume", id, "--first", "3", "--json"])).json()).toMatchObject({ first: 3, firstLeft: 3 });
  await system.linkup(["campaign", "cancel", id, "--yes"]);
  const lines = await system.linkup(["campaign", "unsent", id]);
  const rows = lines.stdout
    .trimEnd()
    .split("\n")
    .map((text) => JSON.parse(text) as Record<string, unknown>);
  expect((await read(id)).recipients.unsent).toBe(rows.length);
  expect(rows[0]).toEqual({ recipientId: expect.any(String), fields: expect.objectContaining({ company: "Acme" }) });
  expect((await system.linkup(["campaign", "unsent", id, "--json"])).json()).toHaveLength(rows.length);
  const left = (await system.linkup(["campaign", "results", id, "--fields", "--status", "unsent", "--json"])).json() as object[];
  expect(left).toHaveLength(rows.length);
  expect(left[0]).toMatchObject({ status: "unsent", outcomeId: null, fields: { company: "Acme" } });
  const other = await campaign("again");
  expect((await system.linkup(["campaign", "import", other, "-", "--json"], lines.stdout)).json()).toMatchObject({ accepted: rows.length });
});

test("a campaign is paused, goes on, and is cancelled for good, at a terminal after a question", async () => {
  const id = await campaign("moved", { recipients: 5 });
  const say = async (word: string) => {
    const run = await system.linkup(["campaign", word, id, "--json"]);
    return run.status === 0 ? (run.json() as CampaignView).state : run.status;
  };
  expect(await say("resume")).toBe(6);
  expect(await say("start")).toBe("running");
  expect(await say("pause")).toBe("paused");
  expect(await say("pause")).toBe("paused");
  expect(await say("resume")).toBe("running");
  const kept = atTerminal(system, ["campaign", "cancel", id]);
  await kept.shows(/Cancel campaign moved for good\? \d recipients/);
  kept.type("no\n");
  expect(await kept.ended).toBe(130);
  expect(await read(id)).toMatchObject({ state: "running" });
  expect(await say("cancel")).toBe("cancelled");
  expect(await say("cancel")).toBe("cancelled");
  expect(await say("resume")).toBe(6);
  expect((await system.linkup(["campaign", "pause", "nowhere"])).status).toBe(5);
});

describe("a campaign that runs", () => {
  const results = (...more: string[]) => system.linkup(["campaign", "results", "run", ...more]);

  test("is watched to its end, line by line in a pipe, and shown with its counts", async () => {
    const id = await campaign("run", { account: "ada,bob", recipients: 12 });
    system.sandbox.scenario({ next: [{ status: 404, operation: "invitation.send" }] });
    const watching = start(["campaign", "watch", id]);
    await waitFor(() => watching.printed.stdout.includes("\tdraft\t0\t12\t"), { what: "the watch to begin" });
    await system.linkup(["campaign", "start", id]);
    await watching.closed;
    expect(watching.child.exitCode).toBe(0);
    expect(watching.printed.stderr).toBe("");
    const lines = watching.printed.stdout.trimEnd().split("\n");
    expect(lines[0]).toBe("at\tstate\twith an outcome\trecipients\tper minute\tdone about");
    expect(lines.some((one) => one.includes("\tended\t12\t12\t"))).toBe(true);
    expect(lines.at(-1)).toMatch(/^Campaign run is ended: .*11 succeeded.*; \d+ credits charged, 0 uncertain\.$/);

    const [text, json, all, ended] = await Promise.all([
      system.linkup(["campaign", "status", id]),
      system.linkup(["campaign", "status", id, "--json"]),
      system.linkup(["campaign", "status"]),
      system.linkup(["campaign", "status", "--state", "ended", "--json"]),
    ]);
    expect(json.json()).toMatchObject({
      campaignId: id,
      state: "ended",
      byStatus: { succeeded: 11, failed: 1 },
      byCode: { not_found: 1 },
      recipients: { accepted: 12, ended: 12, queued: 0, unsent: 0 },
      byAccount: [{ accountId: "ada" }, { accountId: "bob" }],
    });
    expect(text.stdout).toContain("# By status\nstatus\toutcomes\nsucceeded\t11\nfailed\t1");
    expect(text.stdout).toContain("# By code\ncode\toutcomes\nnot_found\t1");
    expect(text.stdout).toMatch(/^# By account\naccount\tstate\tnot queued\tsucceeded\tfailed\tunknown\tcancelled\nada\tactive\t0\t/m);
    expect(all.stdout).toMatch(/^campaign\tname\tstate\t/);
    expect(all.stdout).toMatch(/^run\tSpring\tended \(all of its list have their outcome\)\t12\t12\t12\t/m);
    expect((ended.json() as CampaignView[]).map(({ campaignId }) => campaignId)).toEqual([id]);
  });

  test("gives its results as lines, as a table, as one array, into a file, and only those that were asked for", async () => {
    const [lines, table, array, failed, both] = await Promise.all([
      results(),
      results("--format", "csv"),
      results("--json"),
      results("--status", "failed,unknown"),
      results("--json", "--format", "csv"),
    ]);
    const outcomes = lines.stdout
      .trimEnd()
      .split("\n")
      .map((one) => JSON.parse(one) as Outcome);
    expect(outcomes).toHaveLength(12);
    expect(array.json()).toEqual(outcomes);
    const [head = [], ...rows] = parse(table.stdout);
    expect(head.slice(0, 3)).toEqual(["recipientId", "status", "code"]);
    expect(rows.map(([recipient]) => recipient)).toEqual(outcomes.map(({ recipientId }) => recipientId));
    expect(JSON.parse(failed.stdout)).toMatchObject({ status: "failed", code: "not_found", campaignId: "run" });
    expect(both.status).toBe(2);
    const written = await results("--out", "run.csv", "--status", "succeeded", "--json");
    const path = join(system.folder.path, "run.csv");
    expect(written.json()).toEqual({ campaignId: "run", path, format: "csv", outcomes: 11 });
    expect(parse(readFileSync(path))).toHaveLength(12);
    expect(existsSync(`${path}.part`)).toBe(false);
    expect((await results("--out", "no/such/folder.csv")).status).toBe(5);
    expect((await results("--status", "fine")).status).toBe(2);
    expect((await system.linkup(["campaign", "results", "nowhere"])).status).toBe(5);
  });

  test("is watched at a terminal by a bar with rate and time left", async () => {
    const id = await campaign("shown", { account: "ada,idle", recipients: 6 });
    const terminal = atTerminal(system, ["campaign", "watch", id]);
    await terminal.shows(/░{20} +0 % {2}draft {2}0 of 6, 0\/min/);
    await system.linkup(["campaign", "start", id]);
    await terminal.shows(/█{10}░{10} +50 % {2}running {2}3 of 6, \d+\/min, \d.* left|50 % {2}running \(stalled\) {2}3 of 6/);
    await system.engine.accounts.resume("idle");
    expect(await terminal.ended).toBe(0);
    await system.engine.accounts.pause("idle");
    expect(terminal.screen()).toContain("Campaign shown is ended: 6 succeeded; 6 credits charged");
    expect(terminal.screen()).toContain("linkup campaign status shown");
    expect(terminal.screen()).not.toContain("with an outcome");
  });

  test("goes on when its watching is stopped with Ctrl-C", async () => {
    const id = await campaign("alone", { recipients: 2 });
    await campaigns.change(id, "start");
    const { child, printed, closed } = start(["campaign", "watch", id]);
    await waitFor(() => printed.stdout.includes("\trunning\t0\t2\t"), { what: "the watch to begin" });
    child.kill("SIGINT");
    await closed;
    expect(child.exitCode).toBe(130);
    expect(printed.stdout).toContain("Stopped watching; campaign alone is running and goes on as it is");
    expect(await read(id)).toMatchObject({ state: "running" });
  });
});

describe("results that are many or old", () => {
  const outcome = (id: string, n: number): Outcome => ({
    v: 1,
    outcomeId: `o-${id}-${n}`,
    queue: "network",
    jobId: `c-${n}`,
    step: null,
    operation: "invitation.send",
    accountId: "ada",
    campaignId: id,
    recipientId: n === 0 ? '=HYPERLINK("https://evil.example","x")' : `p-${n}`,
    status: "succeeded",
    code: null,
    message: 'said "no",\nthen left',
    httpStatus: 200,
    output: null,
    calls: 1,
    credits: { charged: 1, uncertain: 0 },
    redriveOf: null,
    reconciled: null,
    resolved: null,
    enqueuedAt: "2026-01-01T00:00:00.000Z",
    startedAt: "2026-01-01T00:00:01.000Z",
    finishedAt: new Date(Date.parse("2026-01-01T00:00:02.000Z") + n).toISOString(),
  });

  async function keep(id: string, outcomes: readonly Outcome[], { inRedis = true } = {}): Promise<void> {
    const { scripts } = system.engine;
    const pipeline = scripts.client.pipeline();
    for (const one of outcomes) {
      if (inRedis) pipeline.set(scripts.key(`outcome:${one.outcomeId}`), packOutcome(one));
      pipeline.rpush(scripts.key(`campaign-outcomes:${id}`), one.outcomeId);
    }
    pipeline.hset(scripts.key(`campaign:${id}`), "ended", outcomes.length);
    await pipeline.exec();
  }

  test("end quietly when their reader has seen enough, and no cell of a table is a formula", async () => {
    const id = await campaign("many");
    await keep(
      id,
      Array.from({ length: 3_000 }, (_none, n) => outcome(id, n)),
    );
    const { child, printed, closed } = start(["campaign", "results", id, "--format", "csv"]);
    await once(child.stdout, "data");
    child.stdout.destroy();
    await closed;
    expect(child.exitCode).toBe(0);
    expect(printed.stderr).toBe("");
    expect(printed.stdout).toContain(`"'=HYPERLINK(""https://evil.example"",""x"")",succeeded`);
    const whole = await system.linkup(["campaign", "results", id, "--json"]);
    expect(whole.json()).toHaveLength(3_000);
  });

  test("come from the archive where Redis keeps them no longer; without one it is told how many are left", async () => {
    const id = await campaign("old");
    const outcomes = Array.from({ length: 3 }, (_none, n) => outcome(id, n));
    await keep(id, outcomes, { inRedis: false });
    await keep(id, [outcome(id, 3)]);
    await system.engine.scripts.client.hset(system.engine.scripts.key(`campaign:${id}`), "ended", 4);
    const left = await system.linkup(["campaign", "results", id]);
    expect(left.stdout.trimEnd().split("\n")).toHaveLength(1);
    expect(left.stderr).toContain("3 outcomes are missing here");
    const path = join(system.folder.path, "archive.db");
    const archive = openArchive({ kind: "sqlite", path }, { keyId: system.engine.config.keyId });
    try {
      await archive.migrate();
      await archive.append(outcomes.map((one) => ({ outcome: one, about: [] })));
    } finally {
      await archive.close();
    }
    const { child, printed, closed } = start(["campaign", "results", id], { ARCHIVE_URL: `sqlite:${path}` });
    await closed;
    expect(child.exitCode).toBe(0);
    expect(printed.stderr).toBe("");
    expect(
      printed.stdout
        .trimEnd()
        .split("\n")
        .map((one) => (JSON.parse(one) as Outcome).recipientId),
    ).toEqual([0, 1, 2, 3].map((n) => outcome(id, n).recipientId));
  });
});
