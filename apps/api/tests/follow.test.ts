/** Things that others stand on: outcomes as a feed, plots, events as they come, and the list of who changed what. */
import type { ApiRole } from "@linkup-queue/contracts";
import { waitFor } from "@linkup-queue/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { basic } from "./board-system.ts";
import { consoleCookie, signInToConsole } from "./console-signed-in.ts";
import { SECRETS, startTestApi, type TestApi } from "./fixture.ts";
import { type ReadEvents, readEvents } from "./read-events.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ limits: { eventClients: 8 } });
  await api.call("admin", "PUT /v1/accounts/ada", { login_token: "token-of-ada-123456" });
});
afterAll(async () => api.close());

/** A job that ends at once. */
async function ended(campaignId?: string): Promise<string> {
  const input = { linkedin_url: "https://www.linkedin.com/in/grace", message_text: "Hi" };
  const job = { operation: "message.send", accountId: "ada", input, ...(campaignId === undefined ? {} : { campaignId }) };
  const { body } = await api.call("producer", "POST /v1/jobs", job);
  const { jobId } = body as { jobId: string };
  expect((await api.call("producer", `DELETE /v1/jobs/${jobId}`)).status).toBe(200);
  return jobId;
}

type OutcomePage = { items: { jobId: string; campaignId: string | null }[]; nextCursor: string; more: boolean; missed: boolean };

describe("GET /v1/outcomes", () => {
  const page = async (query: string) => (await api.call("viewer", `GET /v1/outcomes?${query}`)).body as OutcomePage;

  test("is a feed: its cursor goes on with what came since, and filters narrow it", async () => {
    const { nextCursor: before } = await page("limit=1000");
    const ids = [await ended(), await ended("spring"), await ended()];
    const first = await page(`after=${before}&limit=2`);
    expect(first).toMatchObject({ items: ids.slice(0, 2).map((jobId) => ({ jobId, status: "cancelled" })), missed: false });
    const rest = await page(`after=${first.nextCursor}&limit=2`);
    expect(rest).toMatchObject({ items: [{ jobId: ids[2] }] });
    expect(await page(`after=${rest.nextCursor}`)).toMatchObject({ items: [], nextCursor: rest.nextCursor, more: false });
    for (const query of ["campaignId=spring", "status=cancelled&campaignId=spring", "campaignId=spring&code=cancelled&accountId=ada"]) {
      expect(
        (await page(`after=${before}&${query}`)).items.map(({ jobId }) => jobId),
        query,
      ).toEqual([ids[1]]);
    }
    expect((await page(`after=${before}&status=failed`)).items).toEqual([]);
  });

  test.each(["after=nonsense", "after=WyIwIl0", "status=done", "limit=0", "unknown=1"])(
    "refuses %s, saying what is wrong",
    async (query) => {
      const { status, body } = await api.call("viewer", `GET /v1/outcomes?${query}`);
      expect(status).toBe(400);
      expect((body as { error: { issues: { path: string }[] } }).error.issues[0]?.path ?? "").toMatch(/^(after|status|limit|unknown)$/);
    },
  );
});

test("GET /v1/history tells the window in seconds and the day in quarters of an hour", async () => {
  await ended();
  const window = await api.call("viewer", "GET /v1/history?of=window");
  expect(window).toMatchObject({ status: 200, body: { of: "window", bucketMs: 1_000, rateLimit: 300, slotsBusy: 0, out: 0 } });
  expect((window.body as { answered: number[] }).answered).toHaveLength(60);
  const { body } = await api.call("viewer", "GET /v1/history?of=outcomes");
  const { buckets } = body as { buckets: { cancelled: number }[] };
  expect(buckets).toHaveLength(96);
  expect(buckets.at(-1)?.cancelled ?? 0).toBeGreaterThan(0);
  expect((await api.call("viewer", "GET /v1/history?of=nothing")).status).toBe(400);
});

test("the states of an account and of a campaign are listed, the latest first", async () => {
  await api.call("admin", "PUT /v1/accounts/carl", { login_token: "token-of-carl-1" });
  await api.call("admin", "POST /v1/accounts/carl/pause");
  const account = await api.call("viewer", "GET /v1/accounts/carl/states");
  expect(account).toMatchObject({
    status: 200,
    body: {
      items: [
        { state: "disabled", why: "by_hand" },
        { state: "active", why: "" },
      ],
    },
  });
  const campaign = {
    campaignId: "spring",
    name: "Spring",
    operation: "profile.scrape",
    accountIds: ["carl"],
    input: { linkedin_url: "{{url}}" },
  };
  expect((await api.call("producer", "POST /v1/campaigns", campaign)).status).toBe(201);
  await api.call("producer", "POST /v1/campaigns/spring/cancel");
  const { body } = await api.call("viewer", "GET /v1/campaigns/spring/states");
  expect((body as { items: { state: string }[] }).items.map(({ state }) => state)).toEqual(["cancelled", "draft"]);
  const { page } = await signInToConsole(api.api.url, "viewer");
  expect((await page("/accounts/carl")).text).toMatch(/<h2 id="states">States<\/h2>.*<b>disabled<\/b>/s);
  expect((await page("/campaigns/spring")).text).toMatch(/<h2 id="states">States<\/h2>.*<b>cancelled<\/b>/s);
  for (const path of ["accounts/nobody", "campaigns/none"]) expect((await api.call("viewer", `GET /v1/${path}/states`)).status).toBe(404);
});

describe("GET /v1/events", () => {
  test("tells the key and its window at once, and then what changes: the key, an account", async () => {
    const events = await readEvents(`${api.api.url}/v1/events`, { authorization: `Bearer ${SECRETS.viewer}` });
    expect(await events.next("key")).toMatchObject({ state: expect.stringMatching(/open|cooling/), brakes: [], dayBudget: null });
    expect(await events.next("window")).toMatchObject({ slotsBusy: 0, rateLimit: 300, openGrants: 0 });
    await api.call("admin", "POST /v1/key/pause");
    expect(await events.next("key")).toMatchObject({ state: "stopped", reason: "by_hand" });
    await api.call("admin", "POST /v1/accounts/ada/pause");
    expect(await events.next("account")).toMatchObject({ id: "ada", state: "disabled" });
    await api.call("admin", "POST /v1/accounts/ada/resume");
    await api.call("admin", "POST /v1/key/resume");
    expect(await events.next("account")).toMatchObject({ id: "ada", state: "active" });
    await events.close();
  });

  test("tells of a reply to those who follow then, with where the person is found, and of none that was told before", async () => {
    const told = async (name: string) =>
      (await api.call("producer", "POST /v1/people/replied", { url: `linkedin.com/in/${name}` })).body as {
        person: string;
        repliedAt: string;
      };
    await told("before");
    const events = await readEvents(`${api.api.url}/v1/events`, { authorization: `Bearer ${SECRETS.viewer}` });
    await events.next("window");
    for (const name of ["ada-lovelace", "grace"]) {
      const { person, repliedAt } = await told(name);
      expect(await events.next("person")).toEqual({ what: "replied", person, url: `https://www.linkedin.com/in/${name}`, repliedAt });
    }
    await events.close();
  });

  const followers: ReadEvents[] = [];
  /** A place of a stream that was closed is free when the api has seen it. */
  const follow = async (path: string, headers: Record<string, string>): Promise<ReadEvents> => {
    const opened = await waitFor(() => readEvents(`${api.api.url}${path}`, headers).catch(() => null), {
      what: `a stream of ${path}`,
      until: (stream) => stream !== null,
    });
    if (opened === null) throw new Error("no stream");
    followers.push(opened);
    return opened;
  };
  const followAs = async (role: ApiRole, streams: number) => {
    for (let stream = 0; stream < streams; stream++) await follow("/v1/events", { authorization: `Bearer ${SECRETS[role]}` });
  };
  const isRefused = async (role: ApiRole, words: RegExp) => {
    const { status, headers, body } = await api.call(role, "GET /v1/events");
    expect([status, headers.get("retry-after")]).toEqual([429, "10"]);
    expect(body).toMatchObject({ error: { code: "too_many_requests", message: expect.stringMatching(words) } });
  };
  const placeIsFree = (role: ApiRole) =>
    waitFor(async () => (await api.call(role, "GET /v1/events")).status, {
      what: `a place for the ${role}`,
      until: (status) => status === 200,
    });
  afterEach(async () => {
    for (const follower of followers.splice(0)) await follower.close();
    for (const role of ["viewer", "producer", "admin"] as const) await placeIsFree(role);
  });

  test("a token has half of the places; one more is refused until one of its own has gone, and others have theirs", async () => {
    await followAs("viewer", 4);
    await isRefused("viewer", /^This token follows events as often as one may/);
    await followAs("producer", 1);
    await followers.shift()?.close();
    await placeIsFree("viewer");
  });

  test("one more than may follow in all is refused whoever asks, and the streams of console pages are among them", async () => {
    await followAs("viewer", 4);
    await followAs("producer", 3);
    const page = await follow("/console/stream?page=now", { cookie: await consoleCookie(api.api.url, "admin") });
    await isRefused("admin", /^As many clients follow events of this process as may/);
    await page.close();
    await placeIsFree("admin");
  });

  test("a session of a browser has an eighth of the places, and another session of the same token has its own", async () => {
    const [one, other] = [await consoleCookie(api.api.url, "admin"), await consoleCookie(api.api.url, "admin")];
    await follow("/console/stream?page=now", { cookie: one });
    const refused = await fetch(`${api.api.url}/console/stream?page=now`, { headers: { cookie: one } });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "10"]);
    expect(await refused.text()).toContain("As many pages of this browser follow events as may");
    await follow("/console/stream?page=now", { cookie: other });
  });
});

describe("GET /v1/audit", () => {
  type Entry = { by: string; via: string; from: string; what: string; target: string; status: string; count: number };
  const list = async () => ((await api.call("admin", "GET /v1/audit?limit=1000")).body as { items: Entry[] }).items;
  let known = 0;
  beforeEach(async () => {
    known = (await list()).length;
  });
  const added = async () => {
    const entries = await list();
    return entries.slice(0, entries.length - known);
  };
  /** Jobs that were added are counted, and told some seconds later. */
  const named = async () => (await added()).filter(({ what }) => what !== "POST /v1/jobs");

  test("names who changed what, on which thing, and from where, by HTTP and on the board", async () => {
    await api.call("admin", "POST /v1/accounts/ada/pause");
    await api.call("admin", "POST /v1/accounts/ada/resume");
    const jobId = await ended();
    const removed = await fetch(`${api.api.url}/board/api/queues/messages/${jobId}/clean`, {
      method: "PUT",
      headers: { authorization: basic("admin"), "sec-fetch-site": "same-origin" },
    });
    expect(removed.status).toBe(200);
    const entries = await named();
    expect(entries).toMatchObject([
      { by: "the-admin", via: "board", what: "remove messages", target: jobId },
      { by: "the-producer", via: "http", what: "DELETE /v1/jobs/{jobId}", target: jobId, status: "200" },
      { by: "the-admin", via: "http", what: "POST /v1/accounts/{id}/resume", target: "ada", count: 1 },
      { by: "the-admin", via: "http", what: "POST /v1/accounts/{id}/pause", target: "ada", from: expect.stringContaining("127.0.0.1") },
    ]);
  });

  test("a request that was refused, or that only asked, is not there", async () => {
    await api.call("viewer", "POST /v1/key/pause");
    await api.call(null, "POST /v1/key/pause");
    await api.call("admin", "POST /v1/accounts/nobody/pause");
    await api.call("producer", "POST /v1/jobs?dryRun=1", { operation: "profile.me", accountId: "ada", input: {} });
    await api.call("viewer", "GET /v1/accounts");
    expect(await named()).toEqual([]);
  });

  test("jobs that are added are counted, not named one by one, and the count is there when the process has stopped", async () => {
    const own = await startTestApi({ redis: api.redis, settings: { keyId: api.settings.keyId, secretsKey: api.settings.secretsKey } });
    for (let number = 0; number < 7; number++) {
      await own.call("producer", "POST /v1/jobs", { operation: "profile.me", accountId: "ada", input: {} });
    }
    await own.api.close();
    const counted = (await added()).filter(({ what }) => what === "POST /v1/jobs");
    expect(counted.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThanOrEqual(7);
    expect(counted.length).toBeLessThan(7);
    await own.engine.close();
    own.engine.scripts.client.disconnect();
  });

  test("no entry holds a secret or anything of a body", async () => {
    await api.call("admin", "PUT /v1/accounts/marked", { email: "marker@example.com", password: "marker-password-1" });
    await api.call("admin", "PUT /v1/webhooks/marked", {
      url: "http://127.0.0.1:9/marker",
      secret: `whsec_${"bWFya2VyLW1hcmtlci1tYXJrZXI="}`,
    });
    await api.call("admin", "DELETE /v1/people?url=https://www.linkedin.com/in/marker-person");
    const text = JSON.stringify(await list());
    expect(text).toContain("PUT /v1/accounts/{id}");
    expect(text).toContain("DELETE /v1/people");
    for (const marker of ["marker@example.com", "marker-password", "marker-person", "bWFya2Vy", ...Object.values(SECRETS)]) {
      expect(text).not.toContain(marker);
    }
  });
});
