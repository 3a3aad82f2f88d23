/** A reply, told over HTTP: the jobs that end, the answer and the audit list. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApi, type TestApi } from "./fixture.ts";

let api: TestApi;
const CAMPAIGN = {
  name: "Spring",
  operation: "message.send",
  accountIds: ["acc-1"],
  input: { linkedin_url: "{{linkedin_url}}", message_text: "Hello {{name|there}}" },
};
beforeAll(async () => {
  api = await startTestApi({ fresh: true });
  await api.call("admin", "PUT /v1/accounts/acc-1", { login_token: "token-of-acc-1" });
  const made = await api.call("producer", "POST /v1/campaigns", { ...CAMPAIGN, campaignId: "spring", stopOnReply: true });
  expect(made).toMatchObject({ status: 201, body: { stopOnReply: true } });
  const other = await api.call("producer", "POST /v1/campaigns", { ...CAMPAIGN, campaignId: "deaf" });
  expect(other).toMatchObject({ status: 201, body: { stopOnReply: false } });
});
afterAll(async () => api.close());

const address = (name: string) => `https://www.linkedin.com/in/${name}`;
const job = (name: string, campaignId: string) => ({
  operation: "message.send",
  accountId: "acc-1",
  campaignId,
  input: { linkedin_url: address(name), message_text: "Hello" },
});
const add = async (name: string, campaignId: string) =>
  ((await api.call("producer", "POST /v1/jobs", job(name, campaignId))).body as { jobId: string }).jobId;
const outcomeOf = async (jobId: string) => ((await api.call("viewer", `GET /v1/jobs/${jobId}`)).body as { outcome: unknown }).outcome;

test("a reply ends the person's jobs of campaigns that stop then, and no answer, log or audit entry names them", async () => {
  const stopped = await add("ada", "spring");
  const others = [await add("ada", "deaf"), await add("bob", "spring")];
  const told = await api.call("producer", "POST /v1/people/replied", { url: "fr.linkedin.com/in/Ada/?trk=x" });
  expect(told).toMatchObject({ status: 200, body: { isNews: true, jobs: { ended: 1, inFlight: 0 } } });
  expect(await outcomeOf(stopped)).toMatchObject({ status: "cancelled", code: "replied", calls: 0, credits: { charged: 0 } });
  for (const other of others) expect(await outcomeOf(other)).toBeNull();
  const { repliedAt } = told.body as { repliedAt: string };
  expect((await api.call("producer", "POST /v1/people/replied", { url: address("ada"), at: repliedAt })).body).toMatchObject({
    isNews: false,
    repliedAt,
    jobs: { ended: 0, inFlight: 0 },
  });
  const audit = await api.call("admin", "GET /v1/audit");
  const { items } = audit.body as { items: { what: string }[] };
  expect(items.filter(({ what }) => what === "POST /v1/people/replied")).toMatchObject([
    { by: "the-producer", target: "" },
    { target: "" },
  ]);
  expect(JSON.stringify([told.body, audit.body, api.logged()])).not.toMatch(/in\/ada/i);
  expect(api.logged()).toContain("a person answered: campaigns that stop on a reply write to them no more");
});

test("a dry run says whether the job would end replied", async () => {
  await api.call("producer", "POST /v1/people/replied", { url: address("judy") });
  const dryRun = async (name: string, campaignId: string) =>
    (await api.call("producer", "POST /v1/jobs?dryRun=1", job(name, campaignId))).body;
  expect(await dryRun("judy", "spring")).toMatchObject({ replied: true, suppressed: false });
  expect(await dryRun("judy", "deaf")).toMatchObject({ replied: false });
  expect(await dryRun("kim", "spring")).toMatchObject({ replied: false });
});

test("an edit turns it on and off", async () => {
  for (const stopOnReply of [true, false])
    expect((await api.call("producer", "PATCH /v1/campaigns/deaf", { stopOnReply })).body).toMatchObject({ stopOnReply });
});

test.each([
  [{ url: "nonsense" }, "url"],
  [{}, "url"],
  [{ url: address("dan"), at: "yesterday" }, "at"],
  [{ url: address("dan"), at: "2999-01-01T00:00:00Z" }, "at"],
  [{ url: address("dan"), at: "2001-01-01T00:00:00Z" }, "at"],
])("wrong input is told with its path: %j", async (body, path) => {
  const answer = await api.call("producer", "POST /v1/people/replied", body);
  expect(answer).toMatchObject({ status: 400, body: { error: { issues: [{ path }] } } });
});
