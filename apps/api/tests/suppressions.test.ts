/** The list of people who are not to be contacted, over HTTP: one, many, looked up, taken off; jobs that wait end at once. */
import { personKey } from "@linkup-queue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SECRETS, startTestApi, type TestApi } from "./fixture.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ fresh: true });
  await api.call("admin", "PUT /v1/accounts/acc-1", { login_token: "token-of-acc-1" });
});
afterAll(async () => api.close());

const address = (name: string) => `https://www.linkedin.com/in/${name}`;
const query = (name: string) => `url=${encodeURIComponent(`fr.linkedin.com/in/${name}/?trk=x`)}`;

async function send(text: string, type = "application/x-ndjson") {
  const response = await fetch(`${api.api.url}/v1/suppressions`, {
    method: "POST",
    headers: { authorization: `Bearer ${SECRETS.producer}`, "content-type": type },
    body: text,
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function addMessage(name: string): Promise<string> {
  const job = { operation: "message.send", accountId: "acc-1", input: { linkedin_url: address(name), message_text: "Hello" } };
  return ((await api.call("producer", "POST /v1/jobs", job)).body as { jobId: string }).jobId;
}

test("a person is put on the list, a waiting job ends, and no answer, log or audit entry names them", async () => {
  const jobId = await addMessage("ada");
  const other = await addMessage("bob");
  const put = await api.call("producer", `PUT /v1/suppressions?${query("Ada")}`, { reason: "objected" });
  expect(put).toMatchObject({
    status: 200,
    body: { entries: [{ scope: "all", reason: "objected", until: null }], jobs: { ended: 1, inFlight: 0 } },
  });
  expect((await api.call("viewer", `GET /v1/jobs/${jobId}`)).body).toMatchObject({
    outcome: { status: "cancelled", code: "suppressed", calls: 0, credits: { charged: 0 } },
  });
  expect((await api.call("viewer", `GET /v1/jobs/${other}`)).body).toMatchObject({ outcome: null });
  expect((await api.call("producer", `PUT /v1/suppressions?${query("ada")}`, { reason: "objected" })).body).toMatchObject({
    jobs: { ended: 0, inFlight: 0 },
  });
  const audit = await api.call("admin", "GET /v1/audit");
  const { items } = audit.body as { items: { what: string }[] };
  expect(items.filter(({ what }) => what === "PUT /v1/suppressions")).toMatchObject([
    { by: "the-producer", target: "" },
    { by: "the-producer", target: "" },
  ]);
  expect(JSON.stringify([put.body, audit.body, api.logged()])).not.toMatch(/in\/ada/i);
});

test("one person is looked up and taken off, by address or as the list names them", async () => {
  await api.call("producer", `PUT /v1/suppressions?${query("carol")}`);
  await api.call("producer", `PUT /v1/suppressions?${query("carol")}`, { scope: "campaign:spring", until: "2999-01-01T00:00:00Z" });
  const found = (await api.call("producer", `GET /v1/suppressions?${query("carol")}`)).body as { items: { person: string }[] };
  expect(found.items).toMatchObject([{ scope: "all" }, { scope: "campaign:spring", until: "2999-01-01T00:00:00.000Z" }]);
  const person = found.items[0]?.person ?? "";
  expect((await api.call("producer", `GET /v1/suppressions?person=${person}`)).body).toMatchObject({ items: [{}, {}] });
  expect((await api.call("producer", `DELETE /v1/suppressions?${query("carol")}&scope=all`)).body).toEqual({ removed: 1 });
  expect((await api.call("producer", `DELETE /v1/suppressions?person=${person}`)).body).toEqual({ removed: 1 });
  expect((await api.call("producer", `DELETE /v1/suppressions?person=${person}`)).status).toBe(404);
});

test("a dry run says whether the job would be suppressed", async () => {
  await api.call("producer", `PUT /v1/suppressions?${query("judy")}`);
  const dryRun = async (name: string, operation = "message.send") => {
    const input = { linkedin_url: address(name), ...(operation === "message.send" ? { message_text: "Hello" } : {}) };
    return (await api.call("producer", "POST /v1/jobs?dryRun=1", { operation, accountId: "acc-1", input })).body;
  };
  expect(await dryRun("judy")).toMatchObject({ dryRun: true, suppressed: true });
  expect(await dryRun("judy", "profile.scrape")).toMatchObject({ suppressed: false });
  expect(await dryRun("kim")).toMatchObject({ suppressed: false });
});

test("wrong input is told with its path", async () => {
  expect((await api.call("producer", "PUT /v1/suppressions?url=nonsense")).body).toMatchObject({ error: { issues: [{ path: "url" }] } });
  const put = await api.call("producer", `PUT /v1/suppressions?${query("dan")}`, {
    scope: "team:1",
    reason: "a\nb",
    until: "2001-01-01T00:00:00Z",
  });
  expect(put.status).toBe(400);
  expect((put.body as { error: { issues: { path: string }[] } }).error.issues.map(({ path }) => path).sort()).toEqual([
    "reason",
    "scope",
    "until",
  ]);
  expect((await api.call("producer", "DELETE /v1/suppressions")).status).toBe(400);
  expect((await api.call("producer", `GET /v1/suppressions?${query("dan")}&person=aaaaaaaaaaaaaaaa`)).status).toBe(400);
  expect((await api.call("producer", `GET /v1/suppressions?${query("dan")}`)).body).toEqual({ items: [], nextCursor: null });
});

test("a list of lines and a table are taken row by row, what waits ends, and wrong rows are told with their lines", async () => {
  const jobId = await addMessage("frank");
  const lines = [
    { linkedin_url: address("eve"), reason: "legal" },
    { url: "linkedin.com/in/Frank", scope: "account:acc-1" },
    { name: "nobody" },
    { url: address("grace"), until: "2001-01-01T00:00:00Z" },
    { url: address("eve"), reason: "legal" },
  ];
  const taken = await send(lines.map((line) => JSON.stringify(line)).join("\n"));
  expect(taken).toMatchObject({
    status: 200,
    body: { added: 2, changed: 0, same: 1, rejectedCount: 2, rejected: [{ line: 3 }, { line: 4 }], jobs: { ended: 1, inFlight: 0 } },
  });
  expect((await api.call("viewer", `GET /v1/jobs/${jobId}`)).body).toMatchObject({ outcome: { code: "suppressed" } });
  const table = "Profile;Reason;Member id\nhttps://www.linkedin.com/in/heidi;asked;ACoAABcdEFGH1234567\n";
  expect(await send(table, "text/csv")).toMatchObject({ status: 200, body: { added: 2, rejectedCount: 0 } });
  for (const who of ["heidi", "ACoAABcdEFGH1234567"])
    expect((await api.call("producer", `GET /v1/suppressions?${query(who)}`)).body).toMatchObject({ items: [{ reason: "asked" }] });
});

test("the list is paged, and every entry is there once", async () => {
  const names = Array.from({ length: 60 }, (_, number) => `page-${number}`);
  await send(names.map((name) => JSON.stringify({ url: address(name), reason: "page" })).join("\n"));
  const seen: string[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const { body } = await api.call("producer", `GET /v1/suppressions?limit=25${cursor === "" ? "" : `&cursor=${cursor}`}`);
    const page = body as { items: { person: string; reason: string }[]; nextCursor: string | null };
    seen.push(...page.items.filter(({ reason }) => reason === "page").map(({ person }) => person));
    cursor = page.nextCursor;
  }
  expect([seen.length, new Set(seen).size]).toEqual([60, 60]);
});

test("who asks to be forgotten stays on the list, and stays unnamed", async () => {
  await api.call("producer", `PUT /v1/suppressions?${query("ivan")}`, { reason: "objected" });
  expect((await api.call("admin", `DELETE /v1/people?${query("ivan")}`)).status).toBe(200);
  expect((await api.call("producer", `GET /v1/suppressions?${query("ivan")}`)).body).toMatchObject({ items: [{ reason: "objected" }] });
  const people = [personKey(address("ivan"))];
  expect(await api.engine.people.stoppedJobs.codesOf([{ people, reached: people, account: "acc-1" }])).toEqual(["suppressed"]);
});
