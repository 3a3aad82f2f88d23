/** Campaigns over HTTP: made, filled, estimated, started, edited and read, without a worker. */

import type { Outcome } from "@linkup-queue/contracts";
import { packOutcome } from "@linkup-queue/queue/inside";
import { fromNow } from "@linkup-queue/testkit";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SECRETS, startTestApi, type TestApi } from "./fixture.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  for (const id of ["ada", "bob"]) await api.call("admin", `PUT /v1/accounts/${id}`, { login_token: `token-of-${id}` });
});
afterAll(async () => api.close());

type Body = Record<string, unknown>;
let made = 0;

async function campaign(more: Body = {}): Promise<string> {
  made += 1;
  const { status, body } = await api.call("producer", "POST /v1/campaigns", {
    campaignId: `c-${made}`,
    name: "Spring",
    operation: "invitation.send",
    accountIds: ["ada", "bob"],
    input: { linkedin_url: "{{linkedin_url}}", message: "Hello {{first_name|there}}, about {{company}}" },
    ...more,
  });
  expect([status, body]).toMatchObject([201, { state: "draft" }]);
  return `c-${made}`;
}

async function send(id: string, body: string | Buffer, type = "text/csv"): Promise<{ status: number; body: Body }> {
  const response = await fetch(`${api.api.url}/v1/campaigns/${id}/recipients`, {
    method: "POST",
    headers: { authorization: `Bearer ${SECRETS.producer}`, "content-type": type },
    body: new Uint8Array(Buffer.from(body)),
  });
  return { status: response.status, body: (await response.json()) as Body };
}

const show = async (id: string) => (await api.call("viewer", `GET /v1/campaigns/${id}`)).body as Body;
const row = (n: number, company = "Acme") => `https://linkedin.com/in/p-${n},Ann ${n},${company}`;
const HEADER = "linkedin_url,First Name,company";

test("a campaign is made once: the same again changes nothing, another under its id is refused", async () => {
  const body = {
    campaignId: "once",
    name: "N",
    operation: "profile.scrape",
    accountIds: ["ada"],
    input: { linkedin_url: "{{linkedin_url}}" },
  };
  expect((await api.call("producer", "POST /v1/campaigns", body)).status).toBe(201);
  expect((await api.call("producer", "POST /v1/campaigns", body)).status).toBe(200);
  expect((await api.call("producer", "POST /v1/campaigns", { ...body, name: "Other" })).status).toBe(409);
  expect((await api.call("viewer", "POST /v1/campaigns", body)).status).toBe(403);
});

test("a text that can fit nobody is refused when the campaign is made, with every reason", async () => {
  const { status, body } = await api.call("producer", "POST /v1/campaigns", {
    name: "N",
    operation: "invitation.send",
    accountIds: ["ada"],
    input: { linkedin_url: "{{linkedin_url}}", message: "y".repeat(301), mesage: "{{x}}" },
  });
  expect(status).toBe(400);
  expect((body as { error: { issues: { path: string }[] } }).error.issues.map(({ path }) => path).sort()).toEqual([
    "input.mesage",
    "input.message",
  ]);
});

test("bad rows in every position of a table are told with their lines, the rest is taken, and nothing twice on another upload", async () => {
  const bad = [
    "not-an-address,Ann,Acme",
    "https://linkedin.com/in/x,Ann",
    'https://linkedin.com/in/y,"Ann"x,Acme',
    row(900, ""),
    row(901, "y".repeat(300)),
  ];
  for (const at of [0, 2, 4]) {
    const id = await campaign();
    const rows = [row(1), row(2), row(3), row(4)];
    rows.splice(at, 0, ...bad);
    const table = [HEADER, ...rows].join("\r\n");
    const first = await send(id, table);
    expect(first).toMatchObject({ status: 200, body: { accepted: 4, duplicates: 0, rejectedCount: 5 } });
    const rejected = first.body["rejected"] as { line: number; error: { issues: { path: string }[] } }[];
    expect(rejected.map(({ line }) => line)).toEqual([0, 1, 2, 3, 4].map((n) => at + 2 + n));
    expect(rejected.map(({ error }) => error.issues[0]?.path)).toEqual(["input.linkedin_url", "company", "", "company", "input.message"]);
    expect(await send(id, table)).toMatchObject({ body: { accepted: 0, duplicates: 4, rejectedCount: 5 } });
    expect(await show(id)).toMatchObject({ recipients: { accepted: 4, unsent: 4 } });
  }
});

test("one person is one recipient, however the address is spelled, over uploads and kinds of them", async () => {
  const id = await campaign();
  await send(id, `${HEADER}\nhttps://de.linkedin.com/in/Jane-Doe/?x=1,J,Acme`);
  const lines = [
    { linkedin_url: "linkedin.com/in/jane-doe", company: "Acme" },
    { fields: { linkedin_url: "linkedin.com/in/john", company: "Acme", age: 30 } },
    { recipientId: "own-id", linkedin_url: "linkedin.com/in/jane-doe", company: "Acme" },
    { linkedin_url: { deep: 1 } },
    "text",
  ];
  const { body } = await send(id, lines.map((line) => JSON.stringify(line)).join("\n"), "application/x-ndjson");
  expect(body).toMatchObject({ accepted: 2, duplicates: 1, rejectedCount: 2, rejected: [{ line: 4 }, { line: 5 }] });
});

test("tables come in the charsets and with the delimiters of spreadsheets", async () => {
  const text = `\uFEFFlinkedin_url;company\nhttps://linkedin.com/in/ü;Café\n`;
  const utf16 = Buffer.from(text, "utf16le");
  expect(await send(await campaign(), text)).toMatchObject({ body: { accepted: 1 } });
  expect(await send(await campaign(), utf16)).toMatchObject({ body: { accepted: 1 } });
  const latin = Buffer.from(text.slice(1), "latin1");
  expect(await send(await campaign(), latin)).toMatchObject({ body: { accepted: 1, encoding: "windows-1252" } });
  expect(await send(await campaign(), latin, "text/csv; charset=utf-8")).toMatchObject({
    body: { accepted: 0, rejected: [{ line: 2, row: 2 }] },
  });
  expect(await send(await campaign(), latin, "text/csv; charset=iso-8859-1")).toMatchObject({ body: { accepted: 1 } });
  expect(await send(await campaign(), latin, "text/csv; charset=klingon")).toMatchObject({ status: 415 });
});

test("a header that lacks what the text needs is refused at once; columns that no text can name are told", async () => {
  const id = await campaign();
  expect(await send(id, "linkedin_url\nhttps://linkedin.com/in/a")).toMatchObject({
    status: 400,
    body: { error: { issues: [{ path: "company" }] }, accepted: 0 },
  });
  expect(await send(id, "linkedin_url,company,(?)\nhttps://linkedin.com/in/a,Acme,1")).toMatchObject({
    body: { accepted: 1, ignoredColumns: ["(?)"] },
  });
  expect(await send(id, "linkedin_url,company,Company\na,b,c")).toMatchObject({
    status: 400,
    body: { error: { issues: [{ path: "company" }] } },
  });
  expect(await send(id, "")).toMatchObject({ status: 400 });
  expect((await send("nowhere", "a")).status).toBe(404);
  expect((await send(id, "a", "text/plain")).status).toBe(415);
});

test("the estimate tells credits, a finish, and whose recipients can't be sent; a dry start changes nothing", async () => {
  const id = await campaign({ accountIds: ["ada", "nobody"], maxCredits: 1 });
  await send(id, [HEADER, row(1), row(2), row(3), row(4)].join("\n"));
  const { body } = await api.call("viewer", `GET /v1/campaigns/${id}/estimate`);
  expect(body).toMatchObject({
    creditsPerRecipient: 1,
    recipients: 4,
    credits: 4,
    cannotSend: [{ accountId: "nobody", state: "gone", recipients: 2 }],
  });
  expect((body as { notes: string[]; finishAt: string }).notes.join()).toMatch(/maxCredits lets 1 of the 2/);
  expect(Date.parse((body as { finishAt: string }).finishAt)).toBeGreaterThan(fromNow(-1_000).getTime());
  const dry = (await api.call("producer", `POST /v1/campaigns/${id}/start?dryRun=1`)).body as { samples: Body[] };
  expect(dry).toMatchObject({ dryRun: true, ok: false });
  const url = ({ input }: Body) => (input as { linkedin_url: string }).linkedin_url;
  expect(dry.samples.toSorted((one, other) => url(one).localeCompare(url(other))).map(({ input }) => input)).toEqual(
    [1, 2, 3, 4].map((n) => ({ linkedin_url: `https://www.linkedin.com/in/p-${n}`, message: `Hello Ann ${n}, about Acme` })),
  );
  await send(id, [HEADER, ...Array.from({ length: 9 }, (_none, n) => row(10 + n))].join("\n"));
  for (const path of [`POST /v1/campaigns/${id}/start?dryRun=1`, `GET /v1/campaigns/${id}/estimate`])
    expect((await api.call("producer", path)).body).toMatchObject({ samples: { length: 10 }, doubts: [] });
  expect((await api.call("producer", `POST /v1/campaigns/${id}/start`)).status).toBe(409);
  expect(await show(id)).toMatchObject({ state: "draft", why: "" });
});

test("it starts, pauses, resumes and is cancelled; a repeated word changes nothing, an impossible one is refused", async () => {
  const id = await campaign();
  await send(id, [HEADER, row(1), row(2)].join("\n"));
  const say = async (event: string) => {
    const { status, body } = await api.call("producer", `POST /v1/campaigns/${id}/${event}`);
    return [status, (body as Body)["state"]];
  };
  expect(await say("resume")).toEqual([409, undefined]);
  expect(await say("start")).toEqual([202, "running"]);
  expect(await say("start")).toEqual([202, "running"]);
  expect(await say("pause")).toEqual([200, "paused"]);
  expect(await say("resume")).toEqual([200, "running"]);
  expect(await say("cancel")).toEqual([200, "cancelled"]);
  expect(await say("cancel")).toEqual([200, "cancelled"]);
  expect(await say("resume")).toEqual([409, undefined]);
  expect((await send(id, `${HEADER}\n${row(3)}`)).status).toBe(409);
  expect(await show(id)).toMatchObject({ recipients: { accepted: 2, queued: 0, ended: 0, unsent: 2 } });
});

test("a text that is probably not meant is told when the campaign is made and when a list comes, and refused at the start unless allowed", async () => {
  const input = { linkedin_url: "{{linkedin_url}}", message: "Hello {first_name}, {{city|here}}" };
  const id = await campaign({ input });
  const path = "input.message";
  expect(await show(id)).toMatchObject({ doubts: [{ path }] });
  expect(await send(id, [HEADER, row(1)].join("\n"))).toMatchObject({
    body: { accepted: 1, doubts: [{ path }], fields: { city: { filled: 0, default: 1 } } },
  });
  const start = async (body?: object, query = "") => await api.call("producer", `POST /v1/campaigns/${id}/start${query}`, body);
  expect(await start(undefined, "?dryRun=1")).toMatchObject({ status: 200, body: { ok: false, doubts: [{ path }, { path: "city" }] } });
  expect(await start({ allowDoubtfulText: true }, "?dryRun=1")).toMatchObject({ body: { ok: true } });
  expect(await start()).toMatchObject({ status: 409, body: { error: { code: "doubtful_text", issues: [{ path }, { path: "city" }] } } });
  expect(await start({ allowDoubtfulText: "yes" })).toMatchObject({ status: 400 });
  expect(await start({ allowDoubtfulText: true })).toMatchObject({ status: 202, body: { state: "running" } });
});

test("a start takes the first recipients; whoever is not sent to is listed by the page, with the fields", async () => {
  const id = await campaign();
  await send(id, [HEADER, ...Array.from({ length: 9 }, (_none, n) => row(n))].join("\n"));
  for (const first of [0, 1.5, "2"]) expect((await api.call("producer", `POST /v1/campaigns/${id}/start`, { first })).status).toBe(400);
  expect(await api.call("producer", `POST /v1/campaigns/${id}/start`, { first: 2 })).toMatchObject({
    status: 202,
    body: { first: 2, firstLeft: 2, estimate: { notes: [expect.stringMatching(/pauses when its first 2/)] } },
  });
  expect((await api.call("producer", `POST /v1/campaigns/${id}/start`, { first: 3 })).status).toBe(409);
  await api.call("producer", `POST /v1/campaigns/${id}/pause`);
  expect((await api.call("producer", `POST /v1/campaigns/${id}/resume`, { first: 1 })).status).toBe(409);
  expect(await api.call("producer", `POST /v1/campaigns/${id}/resume`, { first: 4 })).toMatchObject({ body: { first: 4, firstLeft: 4 } });
  await api.call("producer", `POST /v1/campaigns/${id}/cancel`);
  const all: Body[] = [];
  let cursor = "";
  do {
    const { status, body } = await api.call("viewer", `GET /v1/campaigns/${id}/recipients?state=unsent&limit=4${cursor}`);
    expect(status).toBe(200);
    const { items, nextCursor } = body as { items: Body[]; nextCursor: string | null };
    all.push(...items);
    cursor = nextCursor === null ? "" : `&cursor=${nextCursor}`;
  } while (cursor !== "");
  expect(all).toHaveLength(9);
  expect(all[0]).toEqual({
    recipientId: expect.stringMatching(/^https:/),
    state: "unsent",
    accountId: "ada",
    fields: { linkedin_url: expect.any(String), first_name: expect.stringMatching(/^Ann/), company: "Acme" },
    jobId: null,
    outcome: null,
  });
  expect((await api.call("viewer", `GET /v1/campaigns/${id}/recipients?cursor=e30`)).status).toBe(400);
  const results = async (query: string) => (await api.call("viewer", `GET /v1/campaigns/${id}/results?${query}`)).body as string;
  const lines = (await results("unsent=1&fields=1"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Body);
  expect(lines).toHaveLength(9);
  expect(lines[0]).toMatchObject({ status: "unsent", outcomeId: null, campaignId: id, accountId: "ada", fields: all[0]?.["fields"] });
  expect(await results("unsent=1")).not.toContain("Acme");
  expect(await results("fields=1")).toBe("");
  const table = (await results("format=csv&unsent=1&fields=1")).trim().split("\n");
  expect(table).toHaveLength(10);
  expect(table[0]).toMatch(/^recipientId,status,.*,output,linkedin_url,first_name,company$/);
  expect(table[1]).toMatch(/,unsent,.*,Acme$/);
  expect((await api.call("viewer", "GET /v1/campaigns/nowhere/recipients")).status).toBe(404);
});

test("a recipient is taken out of a draft by its address, and a draft is deleted; a campaign that goes on is not", async () => {
  const id = await campaign();
  await send(id, [HEADER, row(1), row(2)].join("\n"));
  const address = encodeURIComponent("https://www.linkedin.com/in/p-1");
  const remove = `DELETE /v1/campaigns/${id}/recipients/${address}`;
  expect(await api.call("producer", remove)).toMatchObject({ status: 200, body: { removal: "removed" } });
  expect((await api.call("producer", remove)).status).toBe(404);
  expect(await show(id)).toMatchObject({ recipients: { accepted: 1, unsent: 1, ended: 0 } });
  expect(await send(id, [HEADER, row(1), row(2)].join("\n"))).toMatchObject({ body: { accepted: 1, duplicates: 1 } });
  await api.call("producer", `POST /v1/campaigns/${id}/start`, {});
  expect(await api.call("producer", remove)).toMatchObject({ status: 200, body: { removal: "cancelled" } });
  const listed = await api.call("viewer", `GET /v1/campaigns/${id}/recipients?state=cancelled`);
  expect(listed.body).toMatchObject({ items: [{ state: "cancelled", outcome: { code: "cancelled" } }], nextCursor: null });
  expect((await api.call("viewer", `GET /v1/campaigns/${id}/recipients?state=queued`)).body).toEqual({ items: [], nextCursor: null });
  expect((await api.call("producer", `DELETE /v1/campaigns/${id}`)).status).toBe(409);
  await api.call("producer", `POST /v1/campaigns/${id}/cancel`);
  expect((await api.call("producer", `DELETE /v1/campaigns/${id}`)).status).toBe(204);
  expect((await api.call("viewer", `GET /v1/campaigns/${id}`)).status).toBe(404);
  expect((await api.call("producer", `DELETE /v1/campaigns/${id}`)).status).toBe(404);
});

test("an edit is checked against every recipient that is left, and refused as a whole", async () => {
  const id = await campaign();
  await send(id, [HEADER, row(1), row(2), `https://linkedin.com/in/p-3,,Acme`].join("\n"));
  const input = { linkedin_url: "{{linkedin_url}}", message: "Dear {{first_name}}" };
  const refused = await api.call("producer", `PATCH /v1/campaigns/${id}`, { input });
  expect(refused).toMatchObject({ status: 400, body: { error: { message: expect.stringContaining("1 of the recipients") } } });
  const edited = await api.call("producer", `PATCH /v1/campaigns/${id}`, {
    input: { ...input, message: "Dear {{first_name|friend}}" },
    maxCredits: 5,
    priority: "normal",
  });
  expect(edited).toMatchObject({
    status: 200,
    body: { maxCredits: 5, priority: "normal", input: { message: "Dear {{first_name|friend}}" } },
  });
  expect((await api.call("producer", `PATCH /v1/campaigns/${id}`, { maxCredits: null })).body).toMatchObject({ maxCredits: null });
  await api.call("producer", `POST /v1/campaigns/${id}/start`);
  expect((await api.call("producer", `PATCH /v1/campaigns/${id}`, { name: "New" })).status).toBe(409);
});

test("other accounts share what is left of a campaign that does not run; what is no account of this key is refused", async () => {
  const id = await campaign();
  await send(id, [HEADER, row(1), row(2), row(3)].join("\n"));
  const change = (accountIds: unknown) => api.call("producer", `PATCH /v1/campaigns/${id}`, { accountIds });
  const { engine } = api;
  for (const account of ["new-1", "new-2"]) await engine.accounts.register(account, { loginToken: `token of ${account}` });
  for (const wrong of [[], ["new-1", "new-1"], ["no id"], "new-1", null]) expect((await change(wrong)).status, String(wrong)).toBe(400);
  expect(await change(["new-1", "new-2"])).toMatchObject({
    status: 200,
    body: {
      accountIds: ["new-1", "new-2"],
      byAccount: [
        { accountId: "new-1", unsent: 2 },
        { accountId: "new-2", unsent: 1 },
      ],
    },
  });
  await api.call("producer", `POST /v1/campaigns/${id}/start`);
  const running = await change(["new-2"]);
  expect(running).toMatchObject({ status: 409, body: { error: { message: expect.stringContaining("pause it first") } } });
  await api.call("producer", `POST /v1/campaigns/${id}/pause`);
  const unknown = await change(["new-2", "of-another-key"]);
  expect(unknown).toMatchObject({ status: 409, body: { error: { message: expect.stringContaining("no account of-another-key") } } });
  expect((await change(["new-2"])).body).toMatchObject({ accountIds: ["new-2"], recipients: { accepted: 3, unsent: 3 } });
  const [last] = await engine.audit.read({ limit: 1 });
  expect(last).toMatchObject({ what: "PATCH /v1/campaigns/{id}", target: id, status: "200" });
});

test("edits of several callers at once all count, none undoes another", async () => {
  const id = await campaign();
  const changes = [{ name: "Autumn" }, { maxCredits: 77 }, { priority: "normal" }, { expiresAt: "2999-01-01T00:00:00Z" }];
  const answers = await Promise.all(changes.map((change) => api.call("producer", `PATCH /v1/campaigns/${id}`, change)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect((await api.call("viewer", `GET /v1/campaigns/${id}`)).body).toMatchObject(Object.assign({}, ...changes));
});

test("lists are paged", async () => {
  const first = (await api.call("viewer", "GET /v1/campaigns?limit=2")).body as { items: Body[]; nextCursor: string };
  expect(first.items).toHaveLength(2);
  const second = (await api.call("viewer", `GET /v1/campaigns?limit=2&cursor=${first.nextCursor}`)).body as { items: Body[] };
  expect(second.items[0]?.["campaignId"]).not.toBe(first.items[1]?.["campaignId"]);
});

test("a page of campaigns with files in their texts ends where they come to a few megabytes, and each is on one page", async () => {
  const media_file = `data:image/png;base64,${"A".repeat(3_000_000)}`;
  const input = { linkedin_url: "{{linkedin_url}}", message_text: "Hello", media_file };
  const ids = [1, 2, 3, 4].map((at) => `large-${at}`);
  for (const campaignId of ids) {
    const body = { campaignId, name: "Files", operation: "message.send", accountIds: ["ada"], input };
    expect((await api.call("producer", "POST /v1/campaigns", body)).status).toBe(201);
  }
  const seen: string[] = [];
  for (let cursor = ""; ; ) {
    const { status, body } = await api.call("viewer", `GET /v1/campaigns?limit=1000${cursor}`);
    expect(status).toBe(200);
    const { items, nextCursor } = body as { items: { campaignId: string; input: { media_file?: string } }[]; nextCursor: string | null };
    expect(items.filter((item) => item.input.media_file !== undefined).length).toBeLessThanOrEqual(1);
    for (const item of items) seen.push(item.campaignId);
    if (nextCursor === null) break;
    cursor = `&cursor=${nextCursor}`;
  }
  expect(seen).toEqual([...new Set(seen)].sort());
  expect(seen.filter((id) => id.startsWith("large-"))).toEqual(ids);
});

test("results stream as lines and as a table in which no cell is a formula", async () => {
  const id = await campaign();
  const { scripts } = api.engine;
  const outcome = (n: number): Outcome => ({
    v: 1,
    outcomeId: `o-${id}-${n}`,
    queue: "network",
    jobId: `c-${n}`,
    step: null,
    operation: "invitation.send",
    accountId: "ada",
    campaignId: id,
    recipientId: n === 0 ? '=HYPERLINK("https://evil.example","x")' : `p-${n}`,
    status: n === 1 ? "failed" : "succeeded",
    code: n === 1 ? "not_found" : null,
    message: n === 0 ? "@SUM(1)" : 'said "no",\nthen left',
    httpStatus: 200,
    output: n === 1 ? null : { id: "9007199254740993" },
    calls: 1,
    credits: { charged: 1, uncertain: 0 },
    redriveOf: null,
    reconciled: null,
    resolved: null,
    enqueuedAt: "2026-01-01T00:00:00.000Z",
    startedAt: "2026-01-01T00:00:01.000Z",
    finishedAt: "2026-01-01T00:00:02.000Z",
  });
  const all = Array.from({ length: 3_000 }, (_none, n) => outcome(n));
  for (const one of all) {
    await scripts.client.set(scripts.key(`outcome:${one.outcomeId}`), packOutcome(one));
    await scripts.client.rpush(scripts.key(`campaign-outcomes:${id}`), one.outcomeId);
  }
  const lines = await api.call("viewer", `GET /v1/campaigns/${id}/results`);
  expect(lines.headers.get("linkup-results-missing")).toBe("0");
  expect(lines.headers.get("content-type")).toMatch(/^application\/x-ndjson/);
  const read = String(lines.body).trim().split("\n");
  expect(read.map((line) => JSON.parse(line) as Outcome)).toEqual(all);
  const table = await api.call("viewer", `GET /v1/campaigns/${id}/results?format=csv`);
  const [header = [], ...rows] = parse(String(table.body));
  expect(header.slice(0, 4)).toEqual(["recipientId", "status", "code", "message"]);
  expect(rows).toHaveLength(3_000);
  expect(rows[0]?.slice(0, 4)).toEqual([`'=HYPERLINK("https://evil.example","x")`, "succeeded", "", "'@SUM(1)"]);
  expect(rows[1]?.slice(0, 4)).toEqual(["p-1", "failed", "not_found", 'said "no",\nthen left']);
  expect((await api.call("viewer", `GET /v1/campaigns/${id}/results?format=xls`)).status).toBe(400);
  // As after LINKUP_OUTCOME_DAYS, without an archive: the rest comes, and how many do not is told.
  await scripts.client.del(...all.slice(0, 1_234).map(({ outcomeId }) => scripts.key(`outcome:${outcomeId}`)));
  for (const format of ["ndjson", "csv"]) {
    const rest = await api.call("viewer", `GET /v1/campaigns/${id}/results?format=${format}`);
    expect(rest.headers.get("linkup-results-missing")).toBe("1234");
    expect(String(rest.body).match(/not_found/g) ?? []).toHaveLength(0);
    expect(String(rest.body).match(/o-c-\d+-\d+/g)).toHaveLength(3_000 - 1_234);
  }
  expect((await api.call("viewer", "GET /v1/campaigns/nowhere/results")).status).toBe(404);
});

test("an import tells what each column was taken as, how each field of the text is filled, and what was taken as empty", async () => {
  const made = await api.call("producer", "POST /v1/campaigns", {
    name: "N",
    operation: "message.send",
    accountIds: ["ada"],
    input: { linkedin_url: "{{linkedin_url}}", message_text: "Hi {{firstname|there}} of {{company}}, {{city|here}}" },
  });
  const { campaignId: id } = made.body as { campaignId: string };
  const rows = [
    "Contacts",
    "",
    "LinkedIn URL,First Name,Company,Job,Job",
    "in/a,Ann,Acme,x,x",
    "in/b,#N/A,Acme",
    "in/c,,",
    "nobody,Cy,Acme",
  ];
  const table = rows.join("\n").replaceAll("in/", "https://www.linkedin.com/in/");
  expect(await send(id, table)).toMatchObject({
    status: 200,
    body: {
      accepted: 2,
      rejected: [
        { row: 6, line: 6, error: { issues: [{ path: "company" }] } },
        { row: 7, line: 7, error: { issues: [{ path: "input.linkedin_url" }] } },
      ],
      columns: { "LinkedIn URL": "linkedin_url", "First Name": "firstname", Company: "company" },
      ignoredColumns: ["Job", "Job"],
      fields: {
        linkedin_url: { filled: 2, default: 0, empty: 0 },
        firstname: { filled: 1, default: 1, empty: 0 },
        company: { filled: 2, default: 0, empty: 1 },
        city: { filled: 0, default: 2, empty: 0 },
      },
      errorValues: [{ column: "firstname", value: "#N/A", rows: 1 }],
      encoding: null,
      doubts: [],
    },
  });
});

test("an id that no job may have is refused when it is imported, with its row", async () => {
  const id = await campaign();
  const table =
    'recipientId,linkedin_url,company\n"Ann\nOne",linkedin.com/in/a,Acme\n"tab\there",linkedin.com/in/b,Acme\nplain,linkedin.com/in/c,Acme';
  expect(await send(id, table)).toMatchObject({
    body: {
      accepted: 1,
      rejected: [
        { row: 2, line: 2, error: { issues: [{ path: "recipientId" }] } },
        { row: 3, line: 4, error: { issues: [{ path: "recipientId" }] } },
      ],
    },
  });
  const line = JSON.stringify({ recipientId: "a\u0000b", linkedin_url: "linkedin.com/in/d", company: "Acme" });
  expect(await send(id, line, "application/x-ndjson")).toMatchObject({ body: { accepted: 0, rejected: [{ line: 1 }] } });
});
