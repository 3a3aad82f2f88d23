/** Rests as people meet them over HTTP: told with the key, the account and the campaign, ended by hand, and the share of the account that rests. */
import type { Sandbox } from "@linkup-queue/sandbox";
import { waitFor } from "@linkup-queue/testkit";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { TestApi } from "./fixture.ts";
import { startWorkedApi, type WorkedApi } from "./worked-api.ts";

let api: TestApi;
let sandbox: Sandbox;
let worked: WorkedApi;
const LIMITED = { status: 429, body: { status: "error", message: "Please slow down" }, operation: "invitation.send" };
const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);

beforeAll(async () => {
  worked = await startWorkedApi();
  ({ api, sandbox } = worked);
});
afterAll(async () => await worked.close());

type Body = Record<string, unknown>;
const get = async (path: string) => (await api.call("viewer", `GET ${path}`)).body as Body;
const release = (id: string, role: "viewer" | "admin" = "admin") => api.call(role, `POST /v1/brakes/${encodeURIComponent(id)}/release`);

let accounts = 0;
/** Accounts with names and tokens of their own; the first is limited by LinkedIn at its next invitation. */
async function newAccounts(count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, at) => `acc-${accounts + at}`);
  accounts += count;
  await Promise.all(ids.map((id) => api.call("admin", `PUT /v1/accounts/${id}`, { email: `${id}@example.com`, password: "secret" })));
  for (const id of ids) await waitFor(async () => (await get(`/v1/accounts/${id}`))["state"] === "active", { what: `${id} to be active` });
  sandbox.scenario({ next: [{ ...LIMITED, email: `${ids[0]}@example.com` }] });
  return ids;
}

/** A campaign of invitations, started. */
async function started(campaignId: string, accountIds: readonly string[], more: Body = {}): Promise<void> {
  const operation = "invitation.send";
  const definition = { campaignId, name: campaignId, operation, accountIds, input: { linkedin_url: "{{linkedin_url}}" }, ...more };
  expect((await api.call("producer", "POST /v1/campaigns", definition)).status).toBe(201);
  const rows = Array.from({ length: 6 }, (_, n) => `https://linkedin.com/in/${campaignId}-${n}`);
  const response = await fetch(`${api.api.url}/v1/campaigns/${campaignId}/recipients`, {
    method: "POST",
    headers: { authorization: "Bearer producer-secret-0123456789", "content-type": "text/csv" },
    body: ["linkedin_url", ...rows].join("\n"),
  });
  expect(await response.json()).toMatchObject({ accepted: 6 });
  expect((await api.call("producer", `POST /v1/campaigns/${campaignId}/start`)).status).toBe(202);
}

const shows = async (id: string, what: Body) =>
  await waitFor(() => get(`/v1/campaigns/${id}`), {
    what: `campaign ${id} to show ${JSON.stringify(what)}`,
    until: (seen) => Object.entries(what).every(([name, value]) => seen[name] === value),
  });

beforeEach(() => sandbox.scenario({ next: [] }));

test("a campaign whose account rests tells so and waits; the rest is told with key and account, and released by an admin it goes on", async () => {
  const [id = ""] = await newAccounts(1);
  await started("waits", [id]);
  expect(await shows("waits", { stalled: true })).toMatchObject({
    state: "running",
    stalledWhy: "accounts_resting",
    byStatus: { failed: 1 },
  });

  const name = `rest:${id}:invite`;
  const rest = { scope: "invite", cause: "linkedin_limited", since: ISO, until: ISO };
  expect(await get(`/v1/accounts/${id}`)).toMatchObject({ state: "active", rests: [rest] });
  const { rests } = await get("/v1/key");
  expect(rests).toMatchObject([{ id: name, accountId: id, ...rest, nextProbeAt: ISO }]);

  expect((await release(name, "viewer")).status).toBe(403);
  expect(await release(`rest:${id}:message`)).toMatchObject({ status: 404, body: { error: { code: "not_found" } } });
  expect(await release("rest:nobody:invite")).toMatchObject({ status: 404 });
  expect(await release(name)).toMatchObject({ status: 200, body: { state: "open", rests: [] } });
  expect(api.logged()).toContain("a rest was ended by hand");
  expect(await release(name)).toMatchObject({ status: 404 });
  expect(await shows("waits", { state: "ended" })).toMatchObject({ stalled: false, stalledWhy: "", byStatus: { failed: 1, succeeded: 5 } });
});

test("a rest of the whole account is released by its name as well, and its campaign goes on", async () => {
  const [id = ""] = await newAccounts(1);
  const restricted = { status: "error", message: "Your account has been temporarily restricted" };
  sandbox.scenario({ next: [{ ...LIMITED, status: 403, body: restricted, email: `${id}@example.com` }] });
  await started("whole", [id]);
  await waitFor(async () => (await get(`/v1/accounts/${id}`))["state"] === "needs_attention", { what: "the account to rest" });
  expect(await release(`rest:${id}:account`)).toMatchObject({ status: 200, body: { rests: [] } });
  expect(await shows("whole", { state: "ended" })).toMatchObject({ byStatus: { failed: 1, succeeded: 5 } });
});

test("with handover the share of an account that rests is another's: the campaign ends, and nobody is asked twice", async () => {
  const [limited = "", other = ""] = await newAccounts(2);
  await started("handed-over", [limited, other], { handover: true });
  const shown = await shows("handed-over", { state: "ended" });
  expect(shown).toMatchObject({
    byStatus: { failed: 1, succeeded: 5 },
    byAccount: [
      { accountId: limited, byStatus: { failed: 1 } },
      { accountId: other, byStatus: { succeeded: 5 } },
    ],
  });
  expect(await get(`/v1/accounts/${limited}`)).toMatchObject({ rests: [{ scope: "invite" }] });
  expect(sandbox.summary().repeated).toBe(0);
});
