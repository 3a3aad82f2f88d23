/** A long table with mistakes of every kind all over it: each is told with its own line, all else is taken, and taken once. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { SECRETS, startTestApi, type TestApi } from "./fixture.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  for (const id of ["ada", "bob"]) await api.call("admin", `PUT /v1/accounts/${id}`, { login_token: `token-of-${id}` });
});
afterAll(async () => api.close());

type Told = {
  accepted: number;
  duplicates: number;
  rejectedCount: number;
  rejected: { line: number; row: number; error: { issues?: { path: string }[] } }[];
};

const ROWS = 20_000;
/** So that all mistakes fit into an answer, and stand at ever other places of batches and of the chunks in which the body comes. */
const BAD_EVERY = 23;
const address = (n: number) => `https://www.linkedin.com/in/p-${n}`;

/** Good rows as spreadsheets write them; some go over several lines. */
const GOOD: readonly ((n: number) => string)[] = [
  (n) => `${address(n)},Ann,Acme`,
  (n) => `"${address(n)}","Ann, the ""first""","Acme, Inc."`,
  (n) => `${address(n)},Zoë 🙂,Müller & Söhne`,
  (n) => `${address(n)},"Ann\nof two lines",Acme`,
  (n) => `linkedin.com/in/P-${n}/?trk=x,,Acme`,
];

/** Bad rows of one line each, and the path of what is wrong with them. */
const BAD: readonly { path: string | undefined; row: (n: number) => Buffer }[] = [
  { path: "input.linkedin_url", row: (n) => Buffer.from(`https://example.com/in/p-${n},Ann,Acme`) },
  { path: "", row: (n) => Buffer.from(`${address(n)},"Ann"x,Acme`) },
  { path: "", row: (n) => Buffer.from(`${address(n)},"Ann,Acme`) },
  { path: "company", row: (n) => Buffer.from(`${address(n)},Ann`) },
  { path: "", row: (n) => Buffer.from(`${address(n)},Ann,Acme,more`) },
  { path: "company", row: (n) => Buffer.from(`${address(n)},Ann, `) },
  { path: "first_name", row: (n) => Buffer.from(`${address(n)},Zo\xeb,Acme`, "latin1") },
  { path: "input.message", row: (n) => Buffer.from(`${address(n)},Ann,${"y".repeat(400)}`) },
  { path: undefined, row: (n) => Buffer.from(`${address(n)},Ann,${"y".repeat(70_000)}`) },
];

type Table = { body: Buffer; bad: { line: number; path: string | undefined }[]; good: number };

function table(): Table {
  const parts: Buffer[] = [Buffer.from("linkedin_url,First Name,company\r\n")];
  const bad: Table["bad"] = [];
  let line = 2;
  let good = 0;
  for (let n = 0; n < ROWS; n++) {
    const wrong = n % BAD_EVERY === 0 ? BAD[(n / BAD_EVERY) % BAD.length] : undefined;
    const row = wrong?.row(n) ?? Buffer.from((GOOD[n % GOOD.length] ?? String)(n));
    if (wrong === undefined) good += 1;
    else bad.push({ line, path: wrong.path });
    // Blank lines count as lines, and are no rows.
    const end = n % 997 === 0 ? "\r\n\r\n" : "\r\n";
    parts.push(row, Buffer.from(end));
    line += row.toString("latin1").split("\n").length - 1 + end.length / 2;
  }
  return { body: Buffer.concat(parts), bad, good };
}

async function send(id: string, body: Buffer): Promise<Told> {
  const response = await fetch(`${api.api.url}/v1/campaigns/${id}/recipients`, {
    method: "POST",
    headers: { authorization: `Bearer ${SECRETS.producer}`, "content-type": "text/csv" },
    body: new Uint8Array(body),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Told;
}

test("a table of 20,000 rows with a mistake at many places is taken but for those, each told with its line, and nothing twice", async () => {
  const made = await api.call("producer", "POST /v1/campaigns", {
    campaignId: "long",
    name: "Long",
    operation: "invitation.send",
    accountIds: ["ada", "bob"],
    input: { linkedin_url: "{{linkedin_url}}", message: "Hello {{first_name|there}}, about {{company}}" },
  });
  expect(made.status).toBe(201);
  const { body, bad, good } = table();
  const first = await send("long", body);
  expect(first).toMatchObject({ accepted: good, duplicates: 0, rejectedCount: bad.length });
  expect(first.rejected.map(({ line, error }) => ({ line, path: error.issues?.[0]?.path }))).toEqual(bad);

  const again = await send("long", body);
  expect(again).toMatchObject({ accepted: 0, duplicates: good, rejectedCount: bad.length });
  const shown = (await api.call("viewer", "GET /v1/campaigns/long")).body as { byAccount: { unsent: number }[] };
  expect(shown).toMatchObject({ recipients: { accepted: good, unsent: good } });
  expect(Math.abs((shown.byAccount[0]?.unsent ?? 0) - (shown.byAccount[1]?.unsent ?? 0))).toBeLessThanOrEqual(1);
});

async function importInto(id: string, table: string): Promise<Told> {
  const made = await api.call("producer", "POST /v1/campaigns", {
    campaignId: id,
    name: id,
    operation: "message.send",
    accountIds: ["ada", "bob"],
    input: { linkedin_url: "{{linkedin_url}}", message_text: "Hi {{first_name|there}}" },
  });
  expect(made.status).toBe(201);
  return await send(id, Buffer.from(table));
}

/** Who of these is not a recipient of the campaign yet: they are from now on. */
async function strangersTo(id: string, names: readonly string[]): Promise<string[]> {
  const strangers: string[] = [];
  for (const name of names) {
    const { duplicates } = await send(id, Buffer.from(`linkedin_url\nhttps://www.linkedin.com/in/${name}\n`));
    if (duplicates === 0) strangers.push(name);
  }
  return strangers;
}

test("somebody who is named inside a row's cell becomes no recipient, and the row is refused with all its lines", async () => {
  const rows = [
    "linkedin_url,first_name",
    'https://www.linkedin.com/in/ann,"introduced by',
    "https://www.linkedin.com/in/never-asked, VP Sales",
    '(Paris)",',
    "https://www.linkedin.com/in/bob,Bob",
  ];
  const told = await importInto("mentioned", rows.join("\n"));
  expect(told).toMatchObject({ accepted: 1, rejectedCount: 1, rejected: [{ line: 2 }] });
  expect(JSON.stringify(told.rejected)).toContain("the row is lines 2 to 4");
  expect(await strangersTo("mentioned", ["ann", "never-asked", "bob"])).toEqual(["ann", "never-asked"]);
});

test("a well-formed cell of any number of lines is one cell, whoever is named in it", async () => {
  const inner = Array.from({ length: 2_000 }, (_, n) => `https://www.linkedin.com/in/inner-${n},Inner,x`);
  const rows = [
    "linkedin_url,first_name,notes",
    `https://www.linkedin.com/in/ann,Ann,"${inner.join("\n")}"`,
    "https://www.linkedin.com/in/bob,Bob,short",
  ];
  expect(await importInto("long-cell", rows.join("\n"))).toMatchObject({ accepted: 2, rejectedCount: 0 });
  expect(await strangersTo("long-cell", ["ann", "inner-0", "inner-199", "inner-200", "inner-1999", "bob"])).toEqual([
    "inner-0",
    "inner-199",
    "inner-200",
    "inner-1999",
  ]);
});

test("a row that is larger than any may be is refused with all its lines, and nobody in it becomes a recipient", async () => {
  const inner = Array.from({ length: 150_000 }, (_, n) => `https://www.linkedin.com/in/inner-${n},Inner`);
  const rows = ["linkedin_url,first_name", `https://www.linkedin.com/in/ann,"${inner.join("\n")}"`, "https://www.linkedin.com/in/bob,Bob"];
  const told = await importInto("too-long", rows.join("\n"));
  expect(told).toMatchObject({ accepted: 1, rejectedCount: 1, rejected: [{ line: 2, error: { code: "payload_too_large" } }] });
  expect(JSON.stringify(told.rejected)).toContain("the row is lines 2 to 150001");
  expect(await strangersTo("too-long", ["inner-1", "inner-100000", "bob"])).toEqual(["inner-1", "inner-100000"]);
});
