/** Campaigns of several steps over HTTP: made, refused with every path, shown by step, estimated and edited, without a worker. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { SECRETS, startTestApi, type TestApi } from "./fixture.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  for (const id of ["ada", "bob"]) await api.call("admin", `PUT /v1/accounts/${id}`, { login_token: `token-of-${id}` });
});
afterAll(async () => api.close());

type Body = Record<string, unknown>;
const to = { linkedin_url: "{{linkedin_url}}" };
const INVITE = { operation: "invitation.send", input: { ...to, message: "Hello {{first_name|there}}, about {{company}}" } };
const WRITE = { operation: "message.send", input: { ...to, message_text: "Hello again, {{nickname|friend}}" }, afterDays: [3, 5] };

const create = (steps: unknown, more: Body = {}) =>
  api.call("producer", "POST /v1/campaigns", { campaignId: "spring", name: "Spring", accountIds: ["ada"], steps, ...more });
const pathsOf = ({ status, body }: { status: number; body: unknown }) => {
  expect(status).toBe(400);
  return (body as { error: { issues: { path: string }[] } }).error.issues.map(({ path }) => path).sort();
};

test("steps that can't be are refused when the campaign is made, each part with its path", async () => {
  const long = { ...WRITE, input: { ...to, mesage: "{{x}}" } };
  expect(pathsOf(await create([INVITE, long]))).toEqual(["steps.1.input.mesage", "steps.1.input.message_text"]);
  const own = { operation: "profile.me", input: {} };
  expect(pathsOf(await create([own, { ...own, onlyIf: "accepted" }]))).toEqual(["steps.1.onlyIf"]);
  expect(pathsOf(await create([INVITE, { ...WRITE, afterDays: [0, 91] }]))).toEqual(["steps.1.afterDays.1"]);
  expect(pathsOf(await create([INVITE, { ...WRITE, afterHours: 3 }]))).toEqual(["steps.1.afterHours"]);
  expect(pathsOf(await create([]))).toEqual(["steps"]);
  expect(pathsOf(await create([INVITE], { operation: "invitation.send" }))).toEqual(["operation"]);
  expect(pathsOf(await create(undefined))).toEqual(["input", "operation"]);
});

test("a sequence is shown by step, stops on replies unless said, and each row of its list must fit all steps", async () => {
  const made = await create([INVITE, WRITE, { ...WRITE, onlyIf: "no_reply" }]);
  expect(made).toMatchObject({
    status: 201,
    body: {
      operation: "invitation.send",
      stopOnReply: true,
      steps: [
        { ...INVITE, waiting: 0, byStatus: {} },
        { ...WRITE, waiting: 0, byStatus: {} },
        { ...WRITE, onlyIf: "no_reply" },
      ],
      recipients: { waiting: 0 },
      estimate: { creditsPerRecipient: 3 },
    },
  });
  const same = await create([INVITE, WRITE, { ...WRITE, onlyIf: "no_reply" }]);
  expect(same.status).toBe(200);
  const lines = [
    { linkedin_url: "https://linkedin.com/in/jane", company: "Acme", nickname: "Jay" },
    { linkedin_url: "https://linkedin.com/in/john", company: "", nickname: "y".repeat(10_000) },
  ];
  const response = await fetch(`${api.api.url}/v1/campaigns/spring/recipients`, {
    method: "POST",
    headers: { authorization: `Bearer ${SECRETS.producer}`, "content-type": "application/x-ndjson" },
    body: lines.map((line) => JSON.stringify(line)).join("\n"),
  });
  const body: unknown = await response.json();
  expect(body).toMatchObject({ accepted: 1, rejectedCount: 1, fields: { nickname: { filled: 1 }, company: { empty: 1 } } });
  const { body: estimate } = await api.call("viewer", "GET /v1/campaigns/spring/estimate");
  expect(estimate).toMatchObject({ recipients: 1, credits: 3, samples: [{ input: { message: "Hello there, about Acme" } }] });
});

test("an edit says all steps; of a draft they may be any, of what was started they stay and more may follow, and a campaign of one operation gets none", async () => {
  const edit = (steps: unknown, id = "spring") => api.call("producer", `PATCH /v1/campaigns/${id}`, { steps });
  const later = { ...WRITE, afterDays: [6, 7] };
  expect(await edit([INVITE, later, later, { operation: "profile.scrape", input: to }])).toMatchObject({
    status: 200,
    body: { steps: [{}, { afterDays: [6, 7] }, {}, { operation: "profile.scrape" }] },
  });
  const { afterDays: _days, ...first } = WRITE;
  expect(await edit([first, later])).toMatchObject({ status: 200, body: { operation: "message.send", steps: [first, later] } });
  expect(await edit([INVITE, later])).toMatchObject({ status: 200, body: { operation: "invitation.send" } });
  expect(await api.call("viewer", "GET /v1/campaigns/spring/estimate")).toMatchObject({
    body: { samples: [{ steps: [{ operation: "invitation.send" }, { input: { message_text: "Hello again, Jay" } }] }] },
  });
  expect((await api.call("producer", "POST /v1/campaigns/spring/start", { allowDoubtfulText: true })).status).toBe(202);
  expect((await api.call("producer", "POST /v1/campaigns/spring/pause")).status).toBe(200);
  expect((await edit([first, later])).status).toBe(409);
  expect((await edit([INVITE])).status).toBe(409);
  expect((await edit([INVITE, later, later])).status).toBe(200);
  const one = { campaignId: "one", name: "One", operation: "profile.scrape", accountIds: ["ada"], input: to };
  expect((await api.call("producer", "POST /v1/campaigns", one)).body).toMatchObject({ steps: null, stopOnReply: false });
  expect(pathsOf(await edit([INVITE], "one"))).toEqual(["input", "operation"]);
});
