/** Jobs and schedules through the real command line, against a worker and the sandbox. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fromNow, waitFor } from "@linkup-queue/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MAIN } from "./run-cli.ts";
import { type CliSystem, startCliSystem } from "./system.ts";

const HI = JSON.stringify({ linkedin_url: "https://www.linkedin.com/in/person-1", message_text: "Hi" });

let system: CliSystem;
beforeAll(async () => {
  system = await startCliSystem();
  await system.activeAccounts(["ada", "idle"]);
  await system.engine.accounts.pause("idle");
});
afterAll(() => system?.close());

function file(name: string, text: string | Uint8Array): string {
  writeFileSync(join(system.folder.path, name), text);
  return name;
}

function jobIdOf(json: unknown): string {
  return (json as { jobId: string }).jobId;
}

describe("one job", () => {
  test("is accepted, and shown with its outcome", async () => {
    const run = await system.linkup(["enqueue", "message.send", "--account", "ada", "--input", HI, "--json"]);
    expect(run.json()).toMatchObject({ queue: "messages", duplicate: false });
    const id = jobIdOf(run.json());
    const shown = await waitFor(
      async () => {
        const show = await system.linkup(["job", "show", id, "--json"]);
        return (show.json() as { state: string }).state === "completed" ? show.json() : null;
      },
      { what: "the job to be done" },
    );
    expect(shown).toMatchObject({ accountId: "ada", outcome: { status: "succeeded", credits: { charged: 1 } } });
    expect((await system.linkup(["job", "show", id])).stdout).toMatch(/^outcome\tsucceeded$/m);
  });

  test("under a key is added once, and the key takes no other job", async () => {
    const args = ["enqueue", "message.send", "--account", "idle", "--input", HI, "--key", "monday", "--json"];
    const first = await system.linkup(args);
    const [again, other] = await Promise.all([system.linkup(args), system.linkup([...args, "--priority", "urgent"])]);
    expect(again.json()).toEqual({ queue: "messages", jobId: jobIdOf(first.json()), duplicate: true });
    const ofKey = await system.linkup(["job", "show", "--key", "monday", "--json"]);
    expect(ofKey.json()).toMatchObject({ jobId: jobIdOf(first.json()), accountId: "idle", waitsFor: { reason: "disabled" } });
    expect(await system.linkup(["job", "show", "--key", "monday", "--key-of", "crm"])).toMatchObject({ status: 5, stdout: "" });
    expect((await system.linkup(["job", "show", "--json"])).stderr).toContain("Say which job: by its id, or by --key");
    expect(other).toMatchObject({ status: 6, stdout: "" });
    expect(other.stderr).toContain("This --key was used for another job");
  });

  test("that is wrong is refused with every issue, without a value of it", async () => {
    const SEND = ["enqueue", "message.send", "--account", "ada"];
    const input = JSON.stringify({ linkedin_url: "not an address", login_token: "hunter2" });
    const runs = await Promise.all([
      system.linkup(["enqueue", "message.send", "--account", "ada", "--input", input]),
      system.linkup(["enqueue", "message.send", "--account", "ada", "--input", "{oops"]),
      system.linkup(["enqueue", "message.sned", "--account", "ada", "--input", HI]),
    ]);
    const proto = await system.linkup([...SEND, "--input", HI.replace("{", '{"__proto__":{"x":1},')]);
    expect(proto).toMatchObject({ status: 4, stdout: "" });
    expect(proto.stderr).toContain("--input must not hold a key named like a prototype");
    expect(runs.map(({ status }) => status)).toEqual([4, 4, 4]);
    expect(runs[0]?.stderr).toContain("input.linkedin_url: ");
    expect(runs[0]?.stderr).toContain("input.login_token: belongs to the account");
    expect(runs[0]?.stderr).not.toContain("hunter2");
    expect(runs[1]?.stderr).toContain("--input is not JSON");
    expect(runs[2]?.stderr).toContain("operation: is not a known operation");
  });

  test("is priced without being added", async () => {
    const run = await system.linkup(["enqueue", "message.send", "--account", "ada", "--input", HI, "--dry-run", "--json"]);
    expect(run.json()).toMatchObject({ dryRun: true, queue: "messages", credits: 1 });
  });

  test("that waits for its account is listed as parked, and can be cancelled once", async () => {
    const added = await system.linkup(["enqueue", "profile.me", "--account", "idle", "--input", "{}", "--json"]);
    const id = jobIdOf(added.json());
    await waitFor(async () => (await system.engine.accounts.read("idle"))?.parked, {
      what: "the jobs to be parked",
      until: (seen) => seen === 2,
    });
    const list = await system.linkup(["job", "list", "--account", "idle", "--state", "parked", "--operation", "profile.me"]);
    expect(list.stdout).toMatch(
      new RegExp(
        `^job\tqueue\tstate\toperation\taccount\tenqueued\twaits for\n${id}\tprofiles\tparked\tprofile.me\tidle\t[^\t]+\tdisabled\n`,
      ),
    );
    const shown = (await system.linkup(["job", "show", id])).stdout;
    expect(shown).toMatch(/^waits for\tdisabled: its account was paused by hand \(idle, place \d+ in line\)$/m);
    const cancelled = await system.linkup(["job", "cancel", id, "--json"]);
    expect(cancelled.json()).toMatchObject({ state: "failed", outcome: { status: "cancelled", code: "cancelled" } });
    const again = await system.linkup(["job", "cancel", id]);
    expect(again.status).toBe(6);
    expect(again.stderr).toContain(`Job ${id} has ended`);
  });

  test("that nobody knows is not found", async () => {
    const run = await system.linkup(["job", "show", "nobody-added-this", "--json"]);
    expect(run).toMatchObject({ status: 5, stdout: "" });
    expect(JSON.parse(run.stderr)).toMatchObject({ error: { code: "not_found" } });
  });
});

describe("a table of jobs", () => {
  const TABLE = [
    "linkedin_url,message_text,recipientId",
    "https://www.linkedin.com/in/person-10,Hello 10,r10",
    '"https://www.linkedin.com/in/person-11","Hello, 11",r11',
    "https://www.linkedin.com/in/person-12,too,many,cells",
    "not an address,Hello 13,r13",
    "https://www.linkedin.com/in/person-14,Hello 14,r14",
    "",
  ].join("\r\n");

  test("is taken row by row; wrong rows are told by their line, and sending it again under its key adds nothing", async () => {
    const name = file("people.csv", `\uFEFF${TABLE}`);
    const args = ["enqueue", "message.send", "--account", "idle", "--file", name, "--key", "people"];
    const first = await system.linkup([...args, "--json"]);
    expect(first).toMatchObject({ status: 4, stderr: "" });
    expect(first.json()).toMatchObject({ accepted: 3, duplicates: 0, rejectedCount: 2, credits: 3, error: null });
    const again = await system.linkup(args);
    expect(again.status).toBe(4);
    expect(again.stdout).toContain("line 4: has 4 cells where the header has 3");
    expect(again.stdout).toContain("line 5: input.linkedin_url: ");
    expect(again.stdout).toContain("0 jobs added (about 0 credits), 3 were in before");
    const jobs = await system.linkup(["job", "list", "--account", "idle", "--operation", "message.send", "--json"]);
    expect((jobs.json() as { items: unknown[] }).items).toHaveLength(4);
  });

  const list = (...rows: string[]) => ["linkedin_url,message_text", ...rows, ""].join("\n");
  const row = (name: string, text = `Hello ${name}`) => `https://www.linkedin.com/in/${name},${text}`;
  const enqueue = async (key: string, table: string) => {
    const run = await system.linkup(["enqueue", "message.send", "--account", "idle", "--format", "csv", "--key", key, "--json"], table);
    return run.json() as { accepted: number; duplicates: number; rejected: { line: number; row: number; code: string }[] };
  };

  test("sent again with its refused row taken out, as the answer advises, and with rows added and moved gives each person one", async () => {
    const first = await enqueue("monday", list(row("ann"), "not-an-address,Hello Bob", row("cyd"), row("dee")));
    expect(first).toMatchObject({ accepted: 3, duplicates: 0, rejected: [{ line: 3, code: "invalid_input" }] });
    const corrected = await enqueue("monday", list(row("ann"), row("cyd"), row("dee")));
    expect(corrected).toMatchObject({ accepted: 3, duplicates: 3, rejected: [] });
    const moved = await enqueue("monday", list(row("dee"), row("eve"), row("ann"), row("cyd")));
    expect(moved).toMatchObject({ accepted: 4, duplicates: 3, rejected: [] });
  });

  test("sent again with another text for a person tells that row as a conflict, and what to do", async () => {
    await enqueue("tuesday", list(row("fay"), row("gus")));
    const other = list(row("fay", "Hello dear fay"), row("gus"));
    expect(await enqueue("tuesday", other)).toMatchObject({ accepted: 1, duplicates: 1, rejected: [{ line: 2, code: "conflict" }] });
    const told = await system.linkup(["enqueue", "message.send", "--account", "idle", "--format", "csv", "--key", "tuesday"], other);
    expect(told.status).toBe(4);
    expect(told.stdout).toContain("line 2: under this --key the row of this target");
    expect(told.stdout).toContain("give the row an idempotencyKey of its own");
  });

  test("sent when keys went by line is not sent again", async () => {
    const keyed = ["linkedin_url,message_text,idempotencyKey", `${row("hal")},former/2`, `${row("ida")},former/4`, ""].join("\n");
    await system.linkup(["enqueue", "message.send", "--account", "idle", "--format", "csv"], keyed);
    expect(await enqueue("former", list(row("hal"), row("ida")))).toMatchObject({ accepted: 2, duplicates: 2, rejected: [] });
    expect(await enqueue("former", list(row("hal", "Hello dear hal"), row("ida")))).toMatchObject({
      duplicates: 1,
      rejected: [{ line: 2, code: "conflict" }],
    });
  });

  test("never makes a job of a line inside a cell, and tells a bad row with all its lines", async () => {
    const table = list('https://www.linkedin.com/in/jan,"introduced by', row("never-asked", " VP Sales"), '(Paris)",', row("kim"));
    const run = await system.linkup(["enqueue", "message.send", "--account", "idle", "--format", "csv"], table);
    expect(run.stdout).toContain("line 2: has 3 cells where the header has 2");
    expect(run.stdout).toContain("(the row is lines 2 to 4)");
    expect(run.stdout).toContain("1 jobs added");
  });

  test("reads a cell as JSON where the operation wants more than text", async () => {
    const table = "operation;accountId;total_results;priority\nmessage.inbox;idle;25;bulk\nmessage.inbox;idle;many;bulk\n";
    const run = await system.linkup(["enqueue", "--format", "csv", "--delimiter", ";", "--dry-run", "--json"], table);
    expect(run.json()).toMatchObject({ accepted: 1, rejected: [{ line: 3, issues: [{ path: "input.total_results" }] }], dryRun: true });
  });

  test("with a stray quote loses that row alone, whatever stands behind it", async () => {
    const table = list(
      row("lea"),
      'https://www.linkedin.com/in/mia,"never closed',
      row("noa"),
      row("ole"),
      row("pia", '"Hello" Pia'),
      row("quin"),
    );
    const run = await enqueue("stray", table);
    expect(run).toMatchObject({
      accepted: 4,
      rejected: [
        { row: 3, line: 3 },
        { row: 6, line: 6 },
      ],
    });
  });

  test("comes as spreadsheets write it: another name for a column, a preamble, blank cells, another encoding, errors in cells", async () => {
    const text = `sep=;\r\nOur list\r\nLinkedIn URL;Message Text;Recipient ID;Notes\r\n${[
      row("rené-1", "Chère Renée").replace(",", ";"),
      `${row("sam", "Hi Sam").replace(",", ";")};#N/A;;`,
      row("tom", "#REF!").replace(",", ";"),
    ].join("\r\n")}\r\n`;
    for (const [bytes, key] of [
      [Buffer.from(text, "latin1"), "latin"],
      [Buffer.from(`\uFEFF${text}`, "utf16le"), "utf-16"],
    ] as const) {
      const run = await system.linkup(["enqueue", "message.send", "--account", "idle", "--format", "csv", "--key", key, "--json"], bytes);
      expect(run.json()).toMatchObject({
        accepted: 2,
        rejected: [{ row: 5, line: 6, issues: [{ path: "input.message_text" }] }],
        columns: { "LinkedIn URL": "linkedin_url", "Message Text": "message_text", "Recipient ID": "recipientId" },
        errorValues: [
          { column: "recipientId", value: "#N/A", rows: 1 },
          { column: "message_text", value: "#REF!", rows: 1 },
        ],
      });
    }
    const jobs = await system.linkup(["job", "list", "--account", "idle", "--operation", "message.send", "--limit", "200", "--json"]);
    expect(jobs.stdout).not.toContain("\uFFFD");
  });

  test("that can't be read is refused with the place and the reason", async () => {
    const [twice, missing] = await Promise.all([
      system.linkup(["enqueue", "message.send", "--account", "idle", "--format", "csv"], "message_text,Message Text\n"),
      system.linkup(["enqueue", "--file", "nowhere.csv"]),
    ]);
    expect(twice.stderr).toContain('message_text: the header names this column twice: "message_text" and "Message Text"');
    expect(missing).toMatchObject({ status: 5 });
  });
});

describe("lines of JSON", () => {
  const line = (number: number) =>
    JSON.stringify({ operation: "profile.scrape", input: { linkedin_url: `https://www.linkedin.com/in/person-${number}` } });

  test("of another form are told once, and a text that was made UTF-8 twice or holds a NUL at its line", async () => {
    const enqueued = (list: string | Uint8Array) => system.linkup(["enqueue", "--account", "idle", "--json"], list);
    const [wide, array] = await Promise.all([enqueued(Buffer.from(`${line(1)}\n`, "utf16le")), enqueued(`[${line(1)},${line(2)}]`)]);
    expect(wide.stderr).toContain("The list is UTF-16: save it as UTF-8");
    expect(array.stderr).toContain("is one JSON array: send its objects one a line");
    for (const { status } of [wide, array]) expect(status).not.toBe(0);
    const message = (text: string) =>
      JSON.stringify({ operation: "message.send", input: { linkedin_url: "https://www.linkedin.com/in/twice", message_text: text } });
    const run = await enqueued(["Bonjour RenÃ©", "Hi\0", "Bonjour René"].map(message).join("\n"));
    expect(run.json()).toMatchObject({
      accepted: 1,
      rejected: [
        { line: 1, issues: [{ path: "input.message_text" }] },
        { line: 2, issues: [{ path: "input.message_text" }] },
      ],
    });
  });

  test("come from stdin, whatever their number; after a break, sending all again under the key adds the rest alone", async () => {
    const all = Array.from({ length: 1_200 }, (_, number) => line(number));
    const args = ["enqueue", "--account", "idle", "--priority", "bulk", "--key", "big", "--json"];
    const part = await system.linkup(args, `${all.slice(0, 700).join("\n")}\n`);
    expect(part).toMatchObject({ status: 0 });
    const whole = await system.linkup(args, all.join("\n"));
    expect(whole.json()).toMatchObject({ accepted: 1_200, duplicates: 700, rejectedCount: 0, credits: 500 });
  });

  test("stopped with Ctrl-C in the middle: what was added is told, with status 130", async () => {
    const child = spawn(
      process.execPath,
      [MAIN, "enqueue", "--account", "idle", "--run-at", fromNow(30 * 86_400_000).toISOString(), "--json"],
      {
        env: { PATH: process.env["PATH"] ?? "", ...system.env },
        stdio: ["pipe", "pipe", "inherit"],
      },
    );
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stdin.on("error", () => undefined);
    // The pipe stays open: more could come.
    child.stdin.write(`${JSON.stringify({ operation: "post.feed", input: {} })}\n`.repeat(600));
    const added = async () => (await system.engine.backlog(0)).queues.find(({ queue }) => queue === "posts")?.delayed ?? 0;
    await waitFor(() => added(), { what: "the first lines to be in", until: (seen) => seen >= 500 });
    child.kill("SIGINT");
    await once(child, "close");
    expect(child.exitCode).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ accepted: await added(), interrupted: true });
  });

  test("that are wrong are refused by themselves", async () => {
    const PROTO = line(3).replace("{", '{"__pr\\u006fto__":{},');
    const run = await system.linkup(
      ["enqueue", "--account", "idle", "--dry-run", "--json"],
      `${line(1)}\n\n{"oops\n[1]\n${line(2)}\n${PROTO}\n`,
    );
    expect(run.status).toBe(4);
    expect(run.json()).toMatchObject({
      accepted: 2,
      rejected: [
        { line: 3, issues: [{ path: "", message: "is not JSON" }] },
        { line: 4, issues: [{ path: "", message: "must be an object" }] },
        { line: 6, issues: [{ path: "", message: "must not hold a key named like a prototype" }] },
      ],
    });
  });
});

describe("a job that failed", () => {
  test("is done again once, by its id or its code, and a write of unknown effect only with --may-send-twice", async () => {
    const enqueue = async () => {
      system.sandbox.scenario({ next: [{ status: 502, operation: "message.send" }] });
      const id = jobIdOf((await system.linkup(["enqueue", "message.send", "--account", "ada", "--input", HI, "--json"])).json());
      // By BullMQ's own list, which a re-drive by code walks: the ledger knows the end a moment earlier.
      const failed = async () => {
        const { items } = (await system.linkup(["job", "list", "--state", "failed", "--json"])).json() as { items: { jobId: string }[] };
        return items.some(({ jobId }) => jobId === id);
      };
      await waitFor(failed, { what: "the job to fail" });
      return id;
    };
    const unknown = await enqueue();
    const refused = await system.linkup(["job", "redrive", unknown]);
    expect(refused).toMatchObject({ status: 6, stdout: "" });
    expect(refused.stderr).toContain("look on LinkedIn first");
    expect((await system.linkup(["job", "reconcile", `${unknown}~3`])).status).toBe(5);
    const look = await system.linkup(["job", "reconcile", unknown, "--json"]);
    expect(look.json()).toEqual({ queue: "messages", jobId: `${unknown}~look`, reconcileOf: unknown, duplicate: false });
    expect((await system.linkup(["job", "reconcile", unknown])).status).toBe(0);
    const sure = await system.linkup(["job", "redrive", unknown, "--may-send-twice", "--json"]);
    expect(sure.json()).toEqual({ queue: "messages", jobId: `${unknown}~2`, redriveOf: unknown, duplicate: false });
    const many = await system.linkup(["job", "redrive", "--code", "bad_response", "--may-send-twice", "--json"]);
    expect(many.json()).toEqual({ redriven: 0, already: 1, refused: 0, more: false, reasons: {} });
    const [told] = await system.engine.audit.read({ limit: 1 });
    expect(told).toMatchObject({ via: "command_line", what: "linkup job redrive (code bad_response, may send twice)" });
    const after = await system.linkup(["job", "reconcile", unknown]);
    expect(after, "it was done again").toMatchObject({ status: 6, stdout: "" });
    expect((await system.linkup(["job", "redrive", unknown])).status).toBe(6);
    expect((await system.linkup(["job", "redrive"])).status).toBe(2);
    expect((await system.linkup(["job", "redrive", unknown, "--code", "bad_response"])).status).toBe(2);

    const said = await system.linkup(["job", "resolve", unknown, "--happened", "--by", "eve", "--json"]);
    expect(said.json()).toMatchObject({ outcome: { status: "unknown", resolved: { happened: true, by: "eve" } } });
    const [entry] = await system.engine.audit.read({ limit: 1 });
    expect(entry).toMatchObject({ what: "linkup job resolve (happened)", target: unknown });
    expect((await system.linkup(["job", "resolve", unknown, "--happened"])).stdout).toContain("eve said before");
    expect((await system.linkup(["job", "resolve", unknown, "--not-happened"])).status).toBe(6);
    expect((await system.linkup(["job", "show", unknown])).stdout).toMatch(/^resolved\thappened \(said by eve, /m);
    for (const wrong of [[], ["--happened", "--not-happened"], ["--happened", "--by", " "]]) {
      expect((await system.linkup(["job", "resolve", unknown, ...wrong])).status, wrong.join(" ")).toBe(2);
    }
    expect((await system.linkup(["job", "resolve", `${unknown}~3`, "--happened"])).status).toBe(5);
    const evenIf = ["--code", "bad_response", "--may-send-twice", "--even-if-happened"];
    expect((await system.linkup(["job", "redrive", ...evenIf])).status).toBe(2);
  });
});

describe("a schedule", () => {
  const PUT = ["schedule", "put", "inbox", "--cron", "0 9 * * 1-5", "--timezone", "Europe/Amsterdam", "--operation", "message.inbox"];
  const JOB = ["--account", "idle", "--input", "{}"];

  test("is set, kept, changed, shown and removed", async () => {
    expect((await system.linkup([...PUT, ...JOB, "--json"])).json()).toMatchObject({ result: "created", id: "inbox", overlap: "skip" });
    expect((await system.linkup([...PUT, ...JOB])).stdout).toContain("nothing was changed");
    const changed = await system.linkup([...PUT, ...JOB, "--overlap", "queue"]);
    expect(changed.stdout).toContain("Schedule inbox is changed.");
    expect(changed.stdout).toContain("Account idle is disabled");
    const [list, next, shown] = await Promise.all([
      system.linkup(["schedule", "list"]),
      system.linkup(["schedule", "next", "inbox", "--json"]),
      system.linkup(["schedule", "show", "inbox"]),
    ]);
    expect(list.stdout).toMatch(/^schedule\t.*\ninbox\t0 9 \* \* 1-5 \(Europe\/Amsterdam\)\tmessage.inbox\tidle\t/);
    expect((next.json() as { next: string[] }).next).toHaveLength(10);
    expect(shown.stdout).toMatch(/^overlap\tqueue$/m);
    expect((await system.linkup(["schedule", "remove", "inbox", "--json"])).json()).toEqual({ id: "inbox", removed: true });
    expect((await system.linkup(["schedule", "show", "inbox"])).status).toBe(5);
  });

  test("is paused, run by hand and resumed, each in the audit list", async () => {
    await system.linkup([...PUT, ...JOB]);
    expect((await system.linkup(["schedule", "pause", "inbox"])).stdout).toContain("Schedule inbox is paused.");
    expect((await system.linkup(["schedule", "pause", "inbox"])).stdout).toContain("was paused before");
    expect((await system.linkup(["schedule", "list"])).stdout).toMatch(/\tidle\tpaused\t/);
    const ran = (await system.linkup(["schedule", "run", "inbox", "--json"])).json() as { jobId: string };
    expect((await system.linkup(["schedule", "run", "inbox"])).stderr).toContain(`linkup job show ${ran.jobId}`);
    const resumed = (await system.linkup(["schedule", "resume", "inbox", "--json"])).json();
    expect(resumed).toMatchObject({ result: "changed", pausedAt: null, lastJob: { jobId: ran.jobId } });
    const what = (await system.engine.audit.read({ limit: 4 })).map((entry) => `${entry.what} ${entry.target}`);
    expect(what).toEqual(["resume", "run", "pause", "pause"].map((verb) => `linkup schedule ${verb} inbox`));
    await system.linkup(["job", "cancel", ran.jobId]);
    await system.linkup(["schedule", "remove", "inbox"]);
    expect((await system.linkup(["schedule", "pause", "inbox"])).status).toBe(5);
  });

  test("that is wrong is refused in the words of the command line", async () => {
    const runs = await Promise.all([
      system.linkup(["schedule", "put", "bad", "--cron", "every day", "--operation", "message.inbox", ...JOB]),
      system.linkup(["schedule", "put", "bad", "--operation", "message.inbox", ...JOB]),
      system.linkup(["schedule", "put", "bad", "--every", "soon", "--operation", "message.inbox", ...JOB]),
    ]);
    expect(runs.map(({ status }) => status)).toEqual([4, 4, 2]);
    expect(runs[0]?.stderr).toContain("--cron: must be a cron expression");
    expect(runs[2]?.stderr).toContain("a number with a unit");
  });
});
