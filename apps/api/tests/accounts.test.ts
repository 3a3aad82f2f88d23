/** Accounts, key and credits over HTTP, against a real Redis. Secrets go in and never come out. */
import { WebhookDeliveries } from "@linkup-queue/queue";
import { fromNow } from "@linkup-queue/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApi, type TestApi } from "./fixture.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api.close());

const ada = { email: "ada@example.com", password: "the-password-of-ada", country: "fr" };

test("a registered account is shown without its secrets and waits for its log-in", async () => {
  const put = await api.call("admin", "PUT /v1/accounts/ada", ada);
  expect(put).toMatchObject({ status: 200, body: { id: "ada", state: "refreshing", country: "FR", parked: 0 } });
  const auth = await api.engine.accounts.authNeed("ada");
  expect(auth).toMatchObject({ accountId: "ada", state: "refreshing" });
  for (const secret of [ada.password, ada.email]) {
    expect(JSON.stringify(put.body)).not.toContain(secret);
    expect(JSON.stringify((await api.call("viewer", "GET /v1/accounts")).body)).not.toContain(secret);
    expect(api.logged()).not.toContain(secret);
  }
});

test("registering the same again changes nothing, and an e-mail of another account is refused", async () => {
  const first = await api.call("admin", "PUT /v1/accounts/ada", ada);
  expect((await api.call("admin", "PUT /v1/accounts/ada", ada)).body).toEqual(first.body);
  const other = await api.call("admin", "PUT /v1/accounts/eve", { ...ada, password: "another" });
  expect(other).toMatchObject({ status: 409, body: { error: { code: "conflict" } } });
});

test("with existing=1 an account that is there is changed, and none is registered", async () => {
  expect(await api.call("admin", "PUT /v1/accounts/nobody?existing=1", { login_token: "token-of-nobody-012345" })).toMatchObject({
    status: 404,
    body: { error: { code: "not_found" } },
  });
  expect((await api.call("viewer", "GET /v1/accounts/nobody")).status).toBe(404);
  await api.call("admin", "PUT /v1/accounts/kim?existing=0", { login_token: "token-of-kim-01234567" });
  expect(await api.call("admin", "PUT /v1/accounts/kim?existing=1", { login_token: "token-of-kim-76543210" })).toMatchObject({
    status: 200,
    body: { state: "active", epoch: 2 },
  });
  expect((await api.call("admin", "PUT /v1/accounts/kim?existing=yes", { login_token: "token-of-kim-76543210" })).status).toBe(400);
  await api.call("admin", "DELETE /v1/accounts/kim");
});

test("a token needs no log-in, and pause, resume and removal show at once", async () => {
  const token = "token-that-must-not-come-back";
  expect(await api.call("admin", "PUT /v1/accounts/bob", { login_token: token })).toMatchObject({ status: 200, body: { state: "active" } });
  expect(await api.call("admin", "POST /v1/accounts/bob/pause")).toMatchObject({ status: 200, body: { state: "disabled" } });
  expect(await api.call("admin", "POST /v1/accounts/bob/resume")).toMatchObject({ status: 200, body: { state: "active" } });
  expect(await api.call("admin", "POST /v1/accounts/bob/verify", { code: "123456" })).toMatchObject({ status: 409 });
  expect((await api.call("admin", "DELETE /v1/accounts/bob")).status).toBe(204);
  expect((await api.call("viewer", "GET /v1/accounts/bob")).status).toBe(404);
  expect((await api.call("admin", "DELETE /v1/accounts/bob")).status).toBe(404);
  expect(api.logged()).not.toContain(token);
});

test("accounts are listed page by page in the order of their ids", async () => {
  for (const id of ["page-3", "page-1", "page-2"]) await api.call("admin", `PUT /v1/accounts/${id}`, { login_token: `token-of-${id}` });
  const ids: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const answer = await api.call("viewer", `GET /v1/accounts?limit=1${cursor === "" ? "" : `&cursor=${cursor}`}`);
    const page = answer.body as { items: { id: string }[]; nextCursor: string | null };
    ids.push(...page.items.map((item) => item.id));
    cursor = page.nextCursor;
  }
  expect(ids).toEqual(["ada", "page-1", "page-2", "page-3"]);
});

test("bad input is told with every issue and its path, and without its value", async () => {
  const secret = "put-into-the-wrong-field";
  const answer = await api.call("admin", "PUT /v1/accounts/carl", { email: secret, maxInFlight: 0, country: "France", loginToken: secret });
  expect(answer.status).toBe(400);
  expect(JSON.stringify(answer.body)).not.toContain(secret);
  const { issues } = (answer.body as { error: { issues: { path: string }[] } }).error;
  expect(issues.map((issue) => issue.path).sort()).toEqual(["country", "email", "loginToken", "maxInFlight", "password"]);
  expect((await api.call("admin", "PUT /v1/accounts/carl", {})).body).toMatchObject({
    error: { issues: [{ path: "email" }, { path: "password" }] },
  });
  expect((await api.call("viewer", "GET /v1/accounts?limit=0&cursor=nonsense&colour=red")).status).toBe(400);
  expect((await api.call("viewer", "GET /v1/accounts?cursor=nonsense")).status).toBe(400);
});

test("a country and a bound of calls that are left out stay as they are, and null removes them", async () => {
  const put = async (parts: object) => await api.call("admin", "PUT /v1/accounts/eve", { login_token: "token-of-eve", ...parts });
  expect(await put({ country: "uk", maxInFlight: 3 })).toMatchObject({ status: 200, body: { country: "UK", maxInFlight: 3 } });
  expect(await put({})).toMatchObject({ status: 200, body: { country: "UK", maxInFlight: 3 } });
  expect(await put({ maxInFlight: 2 })).toMatchObject({ status: 200, body: { country: "UK", maxInFlight: 2 } });
  expect(await put({ country: null })).toMatchObject({ status: 200, body: { country: null, maxInFlight: 2 } });
  expect(await put({ maxInFlight: null })).toMatchObject({ status: 200, body: { country: null, maxInFlight: null } });
});

test("plan and policy are kept where they are left out, removed by null, and shown with what counts to each cap", async () => {
  const put = (changes: object) => api.call("admin", "PUT /v1/accounts/caps", { login_token: "token-of-caps", ...changes });
  const policy = { caps: { invite: { perDay: 2 }, note: { perMonth: 1 } } };
  expect(await put({})).toMatchObject({ status: 200, body: { plan: null, policy: null, caps: [] } });
  expect(await put({ plan: "premium", policy })).toMatchObject({ status: 200, body: { plan: "premium", policy } });
  expect(await put({ maxInFlight: 2 })).toMatchObject({ body: { plan: "premium", policy } });
  const byHand = { operation: "invitation.send", note: true, id: "monday" };
  const sentAt = fromNow(-3_600_000).toISOString();
  for (const _ of ["once", "again"]) {
    expect(await api.call("admin", "POST /v1/accounts/caps/sent", { ...byHand, at: sentAt })).toMatchObject({ status: 200 });
  }
  expect((await api.call("viewer", "GET /v1/accounts/caps")).body).toMatchObject({
    caps: [
      { scope: "invite", window: "perDay", cap: 2, used: 1, known: true, nextFreeAt: null },
      {
        scope: "note",
        window: "perMonth",
        cap: 1,
        used: 1,
        known: true,
        nextFreeAt: new Date(Date.parse(sentAt) + 30 * 86_400_000).toISOString(),
      },
    ],
  });
  const bare = { ...policy, note: "bare" };
  expect(await put({ policy: bare })).toMatchObject({ status: 200, body: { policy: bare, withoutNote: null } });
  expect(await put({ policy: { note: "drop" } })).toMatchObject({
    status: 400,
    body: { error: { issues: [{ path: "policy.note", message: "must be one of wait, bare, skip" }] } },
  });
  expect(await put({ plan: null, policy: null })).toMatchObject({ body: { plan: null, policy: null, caps: [] } });
});

test("the watch over an inbox is kept where it is left out, removed by null, and refused where its rhythm makes no sense", async () => {
  const put = (changes: object) => api.call("admin", "PUT /v1/accounts/watched", { login_token: "token-of-watched", ...changes });
  const replyWatch = { everyMinutes: 60 };
  expect(await put({})).toMatchObject({ status: 200, body: { replyWatch: null, inboxReadAt: null, inboxWaitsSince: null } });
  expect(await put({ replyWatch })).toMatchObject({ status: 200, body: { replyWatch } });
  expect(await put({ maxInFlight: 2 })).toMatchObject({ body: { replyWatch } });
  expect((await api.call("viewer", "GET /v1/accounts/watched")).body).toMatchObject({ replyWatch });
  for (const wrong of [{ everyMinutes: 4 }, { everyMinutes: 1_441 }, { everyMinutes: 7.5 }, { everyHours: 1 }]) {
    expect((await put({ replyWatch: wrong })).status).toBe(400);
  }
  expect(await put({ replyWatch: null })).toMatchObject({ body: { replyWatch: null } });
});

test("when unanswered invitations are taken back is kept where it is left out, removed by null, and refused below a week", async () => {
  const put = (changes: object) => api.call("admin", "PUT /v1/accounts/patient", { login_token: "token-of-patient", ...changes });
  expect(await put({})).toMatchObject({ status: 200, body: { autoWithdrawAfterDays: null } });
  expect(await put({ autoWithdrawAfterDays: 21 })).toMatchObject({ status: 200, body: { autoWithdrawAfterDays: 21 } });
  expect(await put({ maxInFlight: 2 })).toMatchObject({ body: { autoWithdrawAfterDays: 21 } });
  for (const wrong of [6, 181, 7.5, "21"]) expect((await put({ autoWithdrawAfterDays: wrong })).status).toBe(400);
  expect(await put({ autoWithdrawAfterDays: null })).toMatchObject({ body: { autoWithdrawAfterDays: null } });
});

test("bounds of invitations are set by the policy, shown with what is known of them, and refused where they make no sense", async () => {
  const put = (policy: object | null) => api.call("admin", "PUT /v1/accounts/bounded", { login_token: "token-of-bounded", policy });
  expect(await put(null)).toMatchObject({ status: 200, body: { invitations: null, invitationsReadAt: null, invitationsWaitSince: null } });
  const policy = { invitations: { pendingMax: 400, halveBelow: 20, stopBelow: 15 } };
  const unknown = { pending: null, acceptance: null, effect: "not_known" };
  expect(await put(policy)).toMatchObject({ status: 200, body: { policy, invitations: unknown } });
  expect((await api.call("viewer", "GET /v1/accounts/bounded")).body).toMatchObject({ invitations: unknown });
  for (const wrong of [{ pendingMax: 0 }, { halveBelow: 100 }, { stopBelow: 1.5 }, { halveBelow: 15, stopBelow: 15 }, { most: 4 }]) {
    expect((await put({ invitations: wrong })).status).toBe(400);
  }
});

test("an admin overrides a rule of an account until a moment within a day, which is shown, audited and ended by null", async () => {
  await api.call("admin", "PUT /v1/accounts/urgent", { login_token: "token-of-urgent" });
  const override = (body: object, id = "urgent") => api.call("admin", `POST /v1/accounts/${id}/override`, body);
  const until = fromNow(3_600_000).toISOString();
  const overrides = [{ rule: "hours", until }];
  expect(await override({ rule: "hours", until })).toMatchObject({ status: 200, body: { overrides } });
  expect((await api.call("viewer", "GET /v1/accounts/urgent")).body).toMatchObject({ overrides });
  expect(((await api.call("viewer", "GET /v1/accounts")).body as { items: unknown[] }).items).toContainEqual(
    expect.objectContaining({ id: "urgent", overrides }),
  );
  expect(await override({ rule: "hours", until: null })).toMatchObject({ status: 200, body: { overrides: [] } });
  for (const wrong of [{ rule: "suppressed", until }, { rule: "hours" }, { rule: "hours", until: "tomorrow" }]) {
    expect(await override(wrong)).toMatchObject({ status: 400 });
  }
  for (const ms of [-1_000, 25 * 3_600_000]) {
    expect(await override({ rule: "hours", until: fromNow(ms).toISOString() })).toMatchObject({
      status: 400,
      body: { error: { code: "invalid_input", message: "`until` must be a moment within the next 24 hours" } },
    });
  }
  expect(await override({ rule: "hours", until }, "nobody")).toMatchObject({ status: 404 });
  const { items } = (await api.call("admin", "GET /v1/audit")).body as { items: unknown[] };
  const entry = { by: "the-admin", target: "urgent", status: "200" };
  const what = "POST /v1/accounts/{id}/override";
  expect(items).toContainEqual(expect.objectContaining({ ...entry, what: `${what} (hours)` }));
  expect(items).toContainEqual(expect.objectContaining({ ...entry, what: `${what} (hours holds again)` }));
});

test("a plan, a policy and calls by hand that make no sense are refused with every issue", async () => {
  const issues = async (line: string, body: object) => {
    const answer = await api.call("admin", line, body);
    expect(answer.status).toBe(400);
    return (answer.body as { error: { issues?: { path: string }[] } }).error.issues?.map(({ path }) => path) ?? [];
  };
  const policy = { caps: { invites: { perDay: 1 }, message: { perDay: -1 } }, hour: {} };
  expect(await issues("PUT /v1/accounts/caps", { login_token: "t", plan: "gold", policy })).toEqual(expect.arrayContaining(["plan"]));
  expect(await issues("POST /v1/accounts/caps/sent", { operation: "invite", count: 0 })).toEqual(["operation", "count"]);
  expect(await issues("POST /v1/accounts/caps/sent", { operation: "message.send", at: "2020-01-01T00:00:00Z" })).toEqual([]);
  expect((await api.call("admin", "POST /v1/accounts/nobody/sent", { operation: "message.send" })).status).toBe(404);
});

test("a country is one that LinkUp has a proxy in, and the others are refused with the list, as each call would be refused at a credit", async () => {
  const put = async (country: string) => await api.call("admin", "PUT /v1/accounts/dora", { login_token: "token-of-dora", country });
  expect(await put("uk")).toMatchObject({ status: 200, body: { country: "UK" } });
  for (const country of ["GB", "gb", "ZZ", "", "France"]) {
    const { status, body } = await put(country);
    expect(status, country).toBe(400);
    const [issue] = (body as { error: { issues: { path: string; message: string }[] } }).error.issues;
    expect(issue).toMatchObject({ path: "country", message: expect.stringContaining("FR, US, UK, DE, NL, IT, IL, CA, BR, ES, IN") });
    expect(issue?.message.includes("not GB")).toBe(/^gb$/i.test(country));
  }
  await api.call("admin", "DELETE /v1/accounts/dora");
});

test("the stop switch stops and opens the key, also before there was any worker", async () => {
  expect(await api.call("admin", "POST /v1/key/pause")).toMatchObject({ status: 200, body: { state: "stopped", reason: "by_hand" } });
  expect((await api.call(null, "GET /readyz")).body).toMatchObject({ ready: true, key: { state: "stopped", reason: "by_hand" } });
  const apiKey = "test-key-of-linkup";
  const worker = { worker: "w-1", apiKey, secrets: api.engine.secrets, fresh: true };
  expect(await api.engine.keys.start(worker)).toMatchObject({ state: "stopped", reason: "by_hand" });
  expect(await api.call("admin", "POST /v1/key/resume")).toMatchObject({ status: 200, body: { state: "open" } });
});

test("a lost state is shown, not opened by a resume, and ended by the word of an admin on what may be sent, which is audited", async () => {
  const restore = (body: object) => api.call("admin", "POST /v1/key/restore", body);
  expect(await restore({ doubtful: "unknown" })).toMatchObject({ status: 409 });
  const { scripts } = api.engine;
  const { seen } = await api.engine.keys.read();
  await api.engine.keys.beat("w-1", null, { seen: { ...seen, line: "a state that is gone", marks: 3 } });
  const lost = { state: "stopped", reason: "state_lost", lost: { since: expect.any(String), marks: 3 } };
  expect(await api.call("viewer", "GET /v1/key")).toMatchObject({ body: lost });
  expect(await api.call("admin", "POST /v1/key/resume")).toMatchObject({ body: lost });
  expect(await restore({ doubtful: "maybe" })).toMatchObject({ status: 400 });
  expect(await restore({ doubtful: "send" })).toMatchObject({ status: 200, body: { state: "cooling", reason: "fresh_state", lost: null } });
  expect(await restore({ caps: "counted" })).toMatchObject({ status: 200, body: { lost: null } });
  expect(await restore({ caps: "counted" })).toMatchObject({ status: 409 });
  const audit = await api.call("admin", "GET /v1/audit");
  const { items } = audit.body as { items: unknown[] };
  for (const said of ["send", "unknown, caps counted"]) {
    expect(items).toContainEqual(expect.objectContaining({ by: "the-admin", what: `POST /v1/key/restore (${said})`, status: "200" }));
  }
  await scripts.client.hdel(scripts.keys.state, "closedUntil", "gatheringUntil");
});

test("webhooks are told who stopped and opened the key, by the name of the token", async () => {
  const secret = `whsec_${Buffer.alloc(32, 3).toString("base64")}`;
  await api.engine.webhooks.put("key", { url: "https://example.com/", secret, events: ["key"] });
  await api.call("admin", "POST /v1/key/pause");
  await api.call("admin", "POST /v1/key/resume");
  const deliveries = new WebhookDeliveries(api.engine);
  const told: unknown[] = [];
  for (;;) {
    const [post] = (await deliveries.claim(1, { perWebhook: 1, inFlight: new Map() })).posts;
    if (post === undefined) break;
    told.push(JSON.parse((await deliveries.body(post)) ?? "null"));
    await deliveries.done(post, { ok: true });
  }
  await api.engine.webhooks.remove("key");
  expect(told).toMatchObject([
    { type: "key.stopped", data: { why: "by_hand", caller: "the-admin" } },
    { type: "key.opened", data: { was: "by_hand", by: "person", caller: "the-admin" } },
  ]);
});

test("credits are shown by day", async () => {
  const answer = await api.call("viewer", "GET /v1/credits?days=2");
  expect(answer).toMatchObject({ status: 200, body: { total: { charged: 0, uncertain: 0, wasted: 0 } } });
  expect((answer.body as { byDay: unknown[] }).byDay).toHaveLength(2);
  expect((await api.call("viewer", "GET /v1/credits?days=0")).status).toBe(400);
});

test("operations tell queue, schema, price and its evidence", async () => {
  const { body } = await api.call("viewer", "GET /v1/operations");
  const { items } = body as { items: { operation: string }[] };
  expect(items.find((item) => item.operation === "message.send")).toMatchObject({
    queue: "messages",
    kind: "write",
    price: { rule: "1; 2 with media", evidence: "documented" },
    input: { type: "object", required: ["linkedin_url", "message_text"] },
  });
});

test("brakes are listed with the key, and taken off by an admin", async () => {
  const { accounts, gate, keys, secrets } = api.engine;
  await keys.start({ worker: "w-1", apiKey: "test-key-of-linkup", secrets, fresh: true });
  await accounts.register("braked", { loginToken: "a token" });
  const ref = { queue: "profiles", id: "refused", timestamp: 1 } as const;
  const meta = { operation: "profile.scrape", accountId: "braked", campaignId: null, recipientId: null, redriveOf: null, enqueuedAtMs: 1 };
  const request = { callId: "call", ref, accountId: "braked", priority: 10, urgent: false, price: 1, target: "x", expiresAtMs: null, meta };
  expect(await gate.ask(request)).toMatchObject({ kind: "granted" });
  expect(await gate.markLeft(ref, "call")).toBe(true);
  const answered = { left: true, answered: true, serverError: false, charge: "yes", price: 1 } as const;
  const next = { kind: "brake", exhausted: { status: "failed", code: "not_found", outcome: null } } as const;
  const names = { ref, callId: "call", operation: "profile.scrape", accountId: "braked", campaignId: null };
  await gate.settle({ ...names, ...answered, next, refusal: "path-gone" });
  expect(await gate.ask({ ...request, callId: "again" })).toEqual({ kind: "parked", why: "brake" });

  const { body } = await api.call("viewer", "GET /v1/key");
  const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
  const id = "operation:profile.scrape";
  const shown = { id, covers: "profile.scrape", cause: "path-gone", since: ISO, nextProbeAt: ISO, waiting: 1 };
  expect(body).toMatchObject({ state: "open", brakes: [shown] });
  const unknown = await api.call("admin", "POST /v1/brakes/operation:post.feed/release");
  expect(unknown).toMatchObject({ status: 404, body: { error: { code: "not_found" } } });
  expect(await api.call("admin", "POST /v1/brakes/anything/release")).toMatchObject({ status: 404 });
  const released = await api.call("admin", `POST /v1/brakes/${encodeURIComponent(id)}/release`);
  expect(released).toMatchObject({ status: 200, body: { brakes: [] } });
  expect(api.logged()).toContain("a brake was taken off by hand");
  await keys.leave("w-1");
  await api.call("admin", "DELETE /v1/accounts/braked");
});

test("the rules of an account are changed without its credentials: no log-in follows, and what is left out stays", async () => {
  await api.call("admin", "PUT /v1/accounts/rule-1", { login_token: "token-of-rule-1", country: "FR", plan: "premium", maxInFlight: 2 });
  const before = (await api.call("viewer", "GET /v1/accounts/rule-1")).body as object;
  const policy = { caps: { invite: { perDay: 3 } }, hours: { timezone: "UTC", weekdays: ["mon"], from: "08:00", to: "09:00" } };
  const changed = await api.call("admin", "PATCH /v1/accounts/rule-1", { policy, replyWatch: { everyMinutes: 30 } });
  expect(changed.status).toBe(200);
  expect(changed.body).toMatchObject({
    ...before,
    policy,
    replyWatch: { everyMinutes: 30 },
    caps: [{ scope: "invite", window: "perDay", cap: 3, used: 0 }],
    // Open or not, by the day on which this runs.
    opensAt: (changed.body as { opensAt: unknown }).opensAt,
  });
  const less = await api.call("admin", "PATCH /v1/accounts/rule-1", { plan: null, policy: null, replyWatch: null });
  expect(less.body).toMatchObject({ plan: null, policy: null, replyWatch: null, caps: [], country: "FR", maxInFlight: 2, state: "active" });
  expect((await api.call("admin", "PATCH /v1/accounts/rule-2", { plan: "free" })).status).toBe(404);
  expect((await api.call("admin", "PATCH /v1/accounts/rule-1", { login_token: "another-token-0123" })).status).toBe(400);
});
