/** Accounts, the key, credits and the board through the real command line, against a worker and the sandbox. */
import { hostname } from "node:os";
import { waitFor } from "@linkup-queue/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { everythingPrinted } from "./run-cli.ts";
import { API_KEY, type CliSystem, LOGIN_TOKEN, PASSWORD, startCliSystem } from "./system.ts";

let system: CliSystem;
beforeAll(async () => {
  system = await startCliSystem({ scenario: { codeRequired: ["carol@example.com"], code: "246810" } });
});
afterAll(async () => {
  await system?.close();
  // After everything that was printed: no secret was.
  const printed = everythingPrinted();
  for (const secret of [PASSWORD, LOGIN_TOKEN, API_KEY, "246810", "hunter2", system.env["LINKUP_SECRETS_KEY"] ?? "-"]) {
    expect(printed.includes(secret), "a secret was printed").toBe(false);
  }
});

describe("an account", () => {
  test("is registered with a password from stdin, logs in, is listed for people and programs", async () => {
    const added = await system.linkup(
      ["account", "add", "ada", "--email", "ada@example.com", "--country", "nl", "--password-stdin"],
      `${PASSWORD}\n`,
    );
    expect(added).toMatchObject({ status: 0, stderr: "" });
    expect(added.stdout).toContain("Account ada is registered.");
    await system.accountIs("ada", "active");
    const [text, json, troubled] = await Promise.all([
      system.linkup(["account", "list"]),
      system.linkup(["account", "list", "--json"]),
      system.linkup(["account", "list", "--state", "needs_attention"]),
    ]);
    expect(text.stdout).toMatch(/^account\tstate\twhy\tparked\tepoch\tcountry\tlast log-in\nada\tactive\t\t0\t1\tNL\t\d{4}-/);
    expect(json.json()).toMatchObject([{ id: "ada", state: "active", epoch: 1, country: "NL", parked: 0 }]);
    expect(troubled.stdout).toBe("No account is needs_attention.\n");
  });

  test("with a login token is active at once", async () => {
    const run = await system.linkup(["account", "add", "bob", "--token-stdin", "--max-in-flight", "2", "--json"], LOGIN_TOKEN);
    expect(run.json()).toMatchObject({ id: "bob", state: "active", maxInFlight: 2 });
  });

  test("that is asked for a code gets it from stdin, once it waits for one", async () => {
    await system.linkup(["account", "add", "carol", "--email", "carol@example.com", "--password-stdin"], PASSWORD);
    await system.accountIs("carol", "awaiting_code");
    expect((await system.linkup(["account", "show", "carol"])).stdout).toContain("linkup account verify carol");
    expect(await system.linkup(["account", "verify", "carol", "--code-stdin"], "246810\n")).toMatchObject({ status: 0 });
    await system.accountIs("carol", "active");
    const again = await system.linkup(["account", "verify", "carol", "--code-stdin"], "246810\n");
    expect(again).toMatchObject({ status: 6, stderr: "error: Account carol is active: it is not waiting for a code\n" });
  });

  test("is in the audit list with each command that changed it, and with none that failed or only looked", async () => {
    await system.linkup(["account", "pause", "bob"]);
    await system.linkup(["account", "pause", "nobody"]);
    await system.linkup(["account", "show", "bob"]);
    await system.linkup(["account", "resume", "bob"]);
    const entries = await system.engine.audit.read({ limit: 2 });
    expect(entries).toMatchObject([
      { via: "command_line", what: "linkup account resume", target: "bob", from: hostname(), status: "ok" },
      { via: "command_line", what: "linkup account pause", target: "bob", by: expect.stringMatching(/./) },
    ]);
    expect(JSON.stringify(await system.engine.audit.read({ limit: 100 }))).not.toContain("@example.com");
  });

  test.each([
    ["an e-mail address that is none", ["--email", "nonsense", "--password-stdin"], "x", "It must be an e-mail address"],
    [
      "a password as long as a file",
      ["--email", "eve@example.com", "--password-stdin"],
      "x".repeat(1_001),
      "must be at most 1000 characters",
    ],
    ["a token with blanks in it", ["--token-stdin"], "a token", "must be a token as LinkUp gave it"],
    ["a country that LinkUp has no proxy in", ["--country", "GB", "--token-stdin"], LOGIN_TOKEN, "LinkUp calls the United Kingdom UK"],
    ["nothing", ["--token-stdin"], "\n", "must not be empty"],
  ] as const)("with %s is refused before anything is kept or paid for", async (...[, options, stdin, says]) => {
    const run = await system.linkup(["account", "add", "eve", ...options], stdin);
    expect(run).toMatchObject({ status: 2, stdout: "" });
    expect(run.stderr).toContain(says);
    expect(await system.linkup(["account", "show", "eve"])).toMatchObject({ status: 5 });
  });

  test("with a token of 20,000 characters is taken, as by HTTP", async () => {
    const run = await system.linkup(["account", "add", "long", "--token-stdin", "--json"], `${"t".repeat(20_000)}\n`);
    expect(run.json()).toMatchObject({ id: "long", state: "active" });
    const longer = await system.linkup(["account", "add", "longer", "--token-stdin"], `${"t".repeat(20_001)}\n`);
    expect(longer).toMatchObject({ status: 2 });
    await system.linkup(["account", "remove", "long"]);
  });

  test("that waits for a code is not verified with blanks", async () => {
    await system.linkup(["account", "add", "carol", "--email", "carol@example.com", "--password-stdin"], "another");
    await system.accountIs("carol", "awaiting_code");
    const run = await system.linkup(["account", "verify", "carol", "--code-stdin"], "   \n");
    expect(run).toMatchObject({ status: 2, stderr: "error: Code for carol must not be empty\n" });
    expect((await system.linkup(["account", "show", "carol", "--json"])).json()).toMatchObject({ why: "code_required" });
    expect(system.sandbox.summary().byOperation["auth.verify"]).toBe(1);
  });

  test("in a state that there is not is a mistake, and no empty list", async () => {
    const run = await system.linkup(["account", "list", "--state", "bogus"]);
    expect(run).toMatchObject({ status: 2, stdout: "" });
    expect(run.stderr).toContain("needs_attention");
  });

  test("is paused and taken back", async () => {
    expect((await system.linkup(["account", "pause", "bob", "--json"])).json()).toMatchObject({ state: "disabled" });
    expect((await system.linkup(["account", "resume", "bob"])).stdout).toMatch(/^state\tactive$/m);
  });

  test("has a rule overridden for some minutes, which is shown and audited, and ended by hand", async () => {
    const override = (...options: string[]) => system.linkup(["account", "override", "bob", ...options]);
    const run = await override("--rule", "account_cap", "--minutes", "30");
    expect(run.stdout).toMatch(/^Urgent jobs of bob pass account_cap; jobs of campaigns keep to it\.$/m);
    expect((await system.linkup(["account", "show", "bob"])).stdout).toMatch(
      /^account_cap overridden\tfor urgent jobs, until \d{4}-\S+Z$/m,
    );
    expect((await system.engine.accounts.read("bob"))?.overrides).toMatchObject([{ rule: "account_cap" }]);
    expect((await override("--rule", "account_cap", "--end")).stdout).toMatch(/^account_cap holds for all jobs of bob again\.$/m);
    expect((await system.engine.accounts.read("bob"))?.overrides).toEqual([]);
    expect(await system.engine.audit.read({ limit: 2 })).toMatchObject([
      { what: "linkup account override (account_cap holds again)", target: "bob", status: "ok" },
      { what: "linkup account override (account_cap)", target: "bob", status: "ok" },
    ]);
    for (const wrong of [
      ["--rule", "hours"],
      ["--rule", "hours", "--minutes", "5", "--end"],
      ["--rule", "warm_up", "--end"],
      ["--minutes", "5"],
    ]) {
      expect(await override(...wrong)).toMatchObject({ status: 2 });
    }
    expect(await override("--rule", "hours", "--minutes", "1441")).toMatchObject({ status: 2 });
  });

  test("is removed, and is then unknown", async () => {
    await system.linkup(["account", "add", "gone", "--token-stdin"], "another-token-0123456789");
    expect((await system.linkup(["account", "remove", "gone", "--json"])).json()).toEqual({ id: "gone", removed: true });
    const runs = await Promise.all(["show", "remove"].map((word) => system.linkup(["account", word, "gone"])));
    for (const run of runs) {
      expect(run.status).toBe(5);
      expect(run.stderr).toContain('There is no account gone; "linkup account list" shows those there are');
    }
  });

  test("with another account's e-mail is refused, for programs as JSON on stderr", async () => {
    const run = await system.linkup(["account", "add", "eve", "--email", "ADA@example.com", "--password-stdin", "--json"], "x");
    expect(run).toMatchObject({ status: 6, stdout: "" });
    expect(JSON.parse(run.stderr)).toMatchObject({ error: { code: "conflict", message: expect.stringContaining("ada") } });
  });

  test("takes no secret as an argument, and repeats none that was given as one", async () => {
    const runs = await Promise.all([
      system.linkup(["account", "add", "eve", "hunter2", "--email", "eve@example.com"]),
      system.linkup(["account", "add", "eve", "--email", "eve@example.com", "--password=hunter2"]),
      system.linkup(["account", "add", "eve", "--email", "eve@example.com", "--password", "hunter2"]),
      system.linkup(["account", "verify", "ada", "hunter2"]),
    ]);
    for (const run of runs) {
      expect(run.status).toBe(2);
      expect(run.stderr).not.toContain("hunter2");
    }
    expect(runs[1]?.stderr).toContain("unknown option '--password'. Passwords, tokens and codes are never arguments");
  });

  test("without a terminal and without the option says how to hand the password over", async () => {
    const run = await system.linkup(["account", "add", "eve", "--email", "eve@example.com"], "hunter2\n");
    expect(run).toMatchObject({ status: 2, stdout: "" });
    expect(run.stderr).toContain("hand it over on stdin with --password-stdin");
  });
});

describe("the key", () => {
  test("is shown, stopped and opened", async () => {
    const shown = await system.linkup(["key", "show"]);
    expect(shown.stdout).toMatch(/^state\topen$/m);
    expect(shown.stdout).toContain(`provider\t${new URL(system.sandbox.url).host}`);
    expect((await system.linkup(["key", "pause", "--json"])).json()).toMatchObject({ state: "stopped", reason: "by_hand", workers: 1 });
    expect((await system.linkup(["key", "show"])).stdout).toContain("linkup key resume");
    expect((await system.linkup(["key", "resume"])).stdout).toMatch(/^Open: .*\nstate\topen$/m);
  });
});

describe("a brake", () => {
  test("is shown with the key and by doctor, and taken off", async () => {
    system.sandbox.scenario({ failEvery: { n: 1, status: 404, body: { detail: "Not Found" } }, faultOperations: ["profile.me"] });
    await system.linkup(["enqueue", "profile.me", "--account", "ada", "--input", "{}"]);
    await waitFor(async () => (await system.engine.keys.read()).brakes[0]?.waiting === 1, { timeoutMs: 15_000, what: "the brake" });
    expect((await system.linkup(["key", "show"])).stdout).toMatch(/^operation:profile\.me\tpath-gone\t.*\t1$/m);
    const { findings } = (await system.linkup(["doctor", "--json"])).json() as {
      findings: { check: string; level: string; remedy: string }[];
    };
    expect(findings.find(({ check }) => check === "brake")).toMatchObject({
      level: "warn",
      remedy: expect.stringContaining("linkup key release operation:profile.me"),
    });
    system.sandbox.scenario({ failEvery: null, faultOperations: null });
    const released = await system.linkup(["key", "release", "operation:profile.me", "--json"]);
    expect(released).toMatchObject({ status: 0 });
    expect(released.json()).toMatchObject({ brakes: [] });
    const again = await system.linkup(["key", "release", "operation:profile.me"]);
    expect(again.status).not.toBe(0);
    expect(again.stderr).toContain("There is no brake operation:profile.me");
  });
});

describe("a rest", () => {
  test("is shown with the key and ended by its name; what it held goes on, and a name that no rest has is told", async () => {
    const limited = { status: 429, body: { status: "error", message: "Please slow down" }, operation: "invitation.send" };
    system.sandbox.scenario({ next: [{ ...limited, email: "ada@example.com" }] });
    const invite = async (n: number) => {
      const input = JSON.stringify({ linkedin_url: `https://www.linkedin.com/in/guest-${n}` });
      const run = await system.linkup(["enqueue", "invitation.send", "--account", "ada", "--input", input, "--json"]);
      return (run.json() as { jobId: string }).jobId;
    };
    await invite(1);
    await waitFor(async () => (await system.engine.keys.read()).rests.length === 1, { what: "the rest" });
    const held = await invite(2);
    await waitFor(async () => (await system.engine.keys.read()).rests[0]?.waiting === 1, { what: "a job to wait for it" });
    expect((await system.linkup(["key", "show"])).stdout).toMatch(/^rest:ada:invite\tlinkedin_limited\t.*\t1$/m);
    expect((await system.linkup(["key", "show", "--json"])).json()).toMatchObject({ rests: [{ id: "rest:ada:invite", accountId: "ada" }] });

    const [other, released] = [
      await system.linkup(["key", "release", "rest:ada:message"]),
      await system.linkup(["key", "release", "rest:ada:invite"]),
    ];
    expect(other).toMatchObject({ status: 5, stdout: "" });
    expect(other.stderr).toContain("There is no brake rest:ada:message");
    expect(released).toMatchObject({ status: 0, stderr: "" });
    expect(released.stdout).toContain("Taken off: jobs of invite of ada go on.");
    expect(released.stdout).not.toContain("rest:ada:invite");
    await waitFor(async () => ((await system.linkup(["job", "show", held, "--json"])).json() as { state: string }).state === "completed", {
      what: "the job that waited to be done",
    });
  });
});

test("credits are summed by day and operation, as the sandbox's meter has them", async () => {
  // A call of a test before may be out still: the meter has it at its arrival, the ledger at its settlement.
  await waitFor(async () => (await system.engine.keys.read()).openGrants, { until: (calls) => calls === 0, what: "no call to be out" });
  const [text, json] = await Promise.all([system.linkup(["credits", "--days", "2"]), system.linkup(["credits", "--json"])]);
  const report = json.json() as { total: { charged: number }; byDay: unknown[] };
  expect(report.byDay).toHaveLength(7);
  expect(report.total.charged).toBe(system.sandbox.summary().credits.charged);
  expect(text.stdout).toContain(`total\t${report.total.charged}\t0\t`);
  expect(text.stdout).toContain("# By operation\noperation\tcharged\tuncertain\twasted\tredriven\nauth.login\t");
  expect(text.stdout).not.toContain("█");
});

test("the board's address is the api's, as a browser here can open it", async () => {
  Object.assign(system.env, { API_HOST: "0.0.0.0", API_PORT: "3456" });
  expect((await system.linkup(["board"])).stdout).toBe("http://127.0.0.1:3456/board\n");
  expect((await system.linkup(["board", "--json"])).json()).toEqual({ url: "http://127.0.0.1:3456/board" });
});
