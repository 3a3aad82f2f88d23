/** The provider's answers and charges when nothing is made to fail. */
import { OPERATION_NAMES } from "@linkup-queue/contracts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ENDPOINTS } from "../src/api/endpoints.ts";
import { Book } from "../src/book/book.ts";
import { ANSWERS, perform, refuseUnanswered } from "../src/calls/answers.ts";
import { DEFAULT_SCENARIO, type Sandbox, startSandbox } from "../src/index.ts";
import { type Caller, callerOf, logIn, message, PROFILE, SEND } from "./client.ts";

let sandbox: Sandbox;
let caller: Caller;
let token: string;

beforeAll(async () => {
  sandbox = await startSandbox();
  caller = callerOf(sandbox);
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  sandbox.reset({ scenario: true });
  token = await logIn(caller, "ada@example.com");
});

const POST_URL = "https://www.linkedin.com/feed/update/urn:li:activity:7000";
const FULL: Record<string, unknown> = {
  linkedin_url: "https://www.linkedin.com/in/ada",
  company_url: "https://www.linkedin.com/company/acme",
  post_url: POST_URL,
  message_text: "Hello",
  message: "Hello",
  email: "ada@example.com",
  password: "p",
  code: "123456",
  shared_secret: "s",
  entity_urn: "urn:li:fsd_invitation:1",
  invitation_id: "1",
  tracking_id: "t",
  profile_urn: "urn:li:fsd_profile:ACoAA1",
  comment_urn: "urn:li:comment:(activity:1,2)",
  comment_text: "Yes",
  duration: 5000,
};

/** A complete body for a path: of all values those that it knows. */
function fullBody(path: string): Record<string, unknown> {
  const endpoint = ENDPOINTS.find((one) => one.path === path);
  const known = Object.entries(FULL).filter(([field]) => endpoint !== undefined && Object.hasOwn(endpoint.fields, field));
  return { ...Object.fromEntries(known), ...(endpoint?.kind === "auth" ? {} : { login_token: token }) };
}

test("every operation answers success for a complete body and is charged one credit", async () => {
  sandbox.scenario({ acceptAnyInvitation: true, codeRequired: ["grace@example.com"] });
  await caller.post("/v1/auth/login", { email: "grace@example.com", password: "p" });
  const statuses: Record<string, unknown> = {};
  for (const { method, operation, path, kind } of ENDPOINTS) {
    const email = operation === "auth.verify" ? "grace@example.com" : "ada@example.com";
    const reply = await (method === "GET" ? caller.get(path) : caller.post(path, { ...fullBody(path), ...(kind === "auth" && { email }) }));
    statuses[operation] = `${reply.status} ${reply.body.status} ${sandbox.journal().at(-1)?.charged}`;
  }
  expect(statuses).toEqual(Object.fromEntries(ENDPOINTS.map(({ operation }) => [operation, "200 success 1"])));
});

test("an operation without an answer of its own is refused at the start by name, and no success is made up for it", () => {
  const [known] = ENDPOINTS.filter(({ operation }) => operation === "post.react");
  if (known === undefined) expect.fail("post.react is gone");
  const forgotten = { ...known, operation: "post.bookmark", path: "/v1/posts/bookmark" };
  expect(() => refuseUnanswered([...ENDPOINTS, forgotten])).toThrow(/post\.bookmark has no answer of its own/);
  expect(() => refuseUnanswered(ENDPOINTS.filter((endpoint) => endpoint !== known))).toThrow(/post\.react has an answer and no endpoint/);
  expect(() => refuseUnanswered(ENDPOINTS)).not.toThrow();
  const { conversations, invitations } = new Book(0, 1);
  const world = { conversations, invitations, scenario: DEFAULT_SCENARIO, owner: "ada@example.com", seq: 1, wallMs: 0 };
  for (const operation of ["post.bookmark", "constructor"]) {
    expect(() => perform({ ...forgotten, operation }, {}, world)).toThrow(`no answer of its own for ${operation}`);
  }
  expect(Object.keys(ANSWERS).toSorted()).toEqual(OPERATION_NAMES.toSorted());
});

test("each required field that is left out earns 400 Required fields are missing, charged", async () => {
  for (const { required, path, operation, kind } of ENDPOINTS.filter((endpoint) => endpoint.method === "POST")) {
    for (const field of kind === "auth" ? required : [...required, "login_token"]) {
      const { status, body } = await caller.post(path, { ...fullBody(path), [field]: undefined });
      const text =
        operation === "invitation.withdraw" && field === "invitation_id" ? "Missing required parameter" : "Required fields are missing";
      expect([operation, field, status, body.status]).toEqual([operation, field, 400, "error"]);
      expect(body.message).toContain(text);
      expect(sandbox.journal().at(-1)).toMatchObject({ charged: 1, effect: "none" });
    }
  }
});

test.each([
  [SEND, { linkedin_url: "https://example.com/in/ada" }, "Invalid LinkedIn URL format"],
  [PROFILE, { linkedin_url: "not an address" }, "Invalid LinkedIn URL format"],
  ["/v1/companies/info", { company_url: "https://www.linkedin.com/in/ada" }, "Invalid LinkedIn company URL format"],
  ["/v1/posts/react", { post_url: "https://www.linkedin.com/in/ada" }, "Invalid post_url parameter"],
  ["/v1/network/connect", { message: "x".repeat(301) }, "Bad parameter"],
  ["/v1/network/connections", { total_results: 0 }, "total_results must be greater than 0"],
  ["/v1/network/connections", { start_page: 3, end_page: 2 }, "Bad parameter: end_page"],
  ["/v1/network/withdraw-invitation", { invitation_id: 7_100_000_000_000 }, "Bad parameter: invitation_id"],
  ["/v1/profile/me", { country: "GB" }, "Bad parameter: country"],
  ["/v1/profile/me", { linkedin_url: "https://www.linkedin.com/in/ada" }, "Bad parameter: linkedin_url is not known"],
  ["/v1/messages/inbox", { start_page: 1 }, "Bad parameter: start_page is not known"],
  ["/v1/auth/login", { email: "ada@example.com", login_token: "AQED" }, "Bad parameter: login_token is not known"],
])("%s with %j is refused with %s", async (path, wrong, text) => {
  const { status, body } = await caller.post(path, { ...fullBody(path), ...wrong });
  expect(status).toBe(400);
  expect(body.message).toContain(text);
  // Clients find the text in either member.
  expect(body).toEqual({ status: "error", message: body.message, data: body.message });
  expect(sandbox.summary().effects.done).toBe(0);
});

test("a body that is not a JSON object is refused with 400", async () => {
  for (const body of ["{", "[]", "3"]) expect((await caller.post(PROFILE, body)).status).toBe(400);
});

test("an unknown path and a wrong method are 404, charged", async () => {
  expect((await caller.post("/v1/nothing", {})).status).toBe(404);
  expect((await caller.get(PROFILE)).status).toBe(404);
  expect(sandbox.summary().credits.charged).toBe(1 + 2);
});

test("a call without x-api-key is 401, and there is nobody to charge", async () => {
  const { status, body } = await callerOf(sandbox, null).post(PROFILE, fullBody(PROFILE));
  expect([status, body.message]).toEqual([401, "Invalid API key or insufficient credits"]);
  expect(sandbox.journal().at(-1)).toMatchObject({ key: "none", charged: 0 });
});

test.each([
  [SEND, { media_link: "https://example.com/a.png" }, 2],
  [SEND, {}, 1],
  ["/v1/profile/search", { total_results: 11 }, 2],
  ["/v1/profile/search", {}, 1],
  ["/v1/network/connections", { start_page: 2, end_page: 4, total_results: 999 }, 3],
  ["/v1/network/sent-invitations", { start_page: 5 }, 1],
  ["/v1/messages/inbox", { total_results: 21 }, 3],
  ["/v1/posts/reactions", { total_results: 99 }, 10],
  ["/v1/posts/reactions", { start_page: 1, end_page: 2 }, 2],
  // A page of members has fifty rows; of all lists there are 250.
  ["/v1/profile/search", { start_page: 5, end_page: 6 }, 5],
  ["/v1/companies/search", { end_page: 2 }, 2],
  ["/v1/posts/extract-comments", { total_results: 1_000 }, 25],
  ["/v1/posts/search", { start_page: 25, end_page: 26 }, 1],
  ["/v1/posts/feed", {}, 1],
])("%s with %j costs %d", async (path, input, credits) => {
  await caller.post(path, { ...fullBody(path), ...input });
  expect(sandbox.journal().at(-1)).toMatchObject({ status: 200, charged: credits });
});

test("a sent message answers with its urn, conversation and time of delivery", async () => {
  const { body } = await caller.post(SEND, message(token));
  expect(body).toEqual({
    status: "success",
    message: expect.any(String),
    data: {
      entityUrn: expect.stringContaining("urn:li:"),
      conversation_id: expect.stringContaining("urn:li:"),
      deliveredAt: expect.any(Number),
    },
  });
});

test("an inbox of more than 25 comes back with an empty list for data", async () => {
  expect((await caller.post("/v1/messages/inbox", { login_token: token, total_results: 26 })).body.data).toEqual([]);
});

test("invitation ids are bare numbers above 2^53 that a plain parse corrupts", async () => {
  const { text } = await caller.post("/v1/network/invitations", { login_token: token });
  const ids = [...text.matchAll(/"invitation_id":(\d+)/g)].map(([, digits]) => digits ?? "");
  const urns = [...text.matchAll(/urn:li:fsd_invitation:(\d+)/g)].map(([, digits]) => digits ?? "");
  expect(ids).toHaveLength(DEFAULT_SCENARIO.receivedInvitations);
  expect(ids).toEqual(urns);
  for (const digits of ids) expect(BigInt(Number(digits))).not.toBe(BigInt(digits));
});

type Listed = { data: { invitations: { entity_urn: string; shared_secret: string }[] } };

test("an invitation from the list is accepted once and then gone", async () => {
  const list = async (): Promise<Listed> => JSON.parse((await caller.post("/v1/network/invitations", { login_token: token })).text);
  const { entity_urn, shared_secret } = (await list()).data.invitations[3] ?? { entity_urn: "", shared_secret: "" };
  const accept = (secret: string) =>
    caller.post("/v1/network/accept-invitation", { login_token: token, entity_urn, shared_secret: secret });
  expect((await accept("wrong")).status).toBe(400);
  expect((await accept(shared_secret)).status).toBe(200);
  expect((await accept(shared_secret)).status).toBe(400);
  expect((await list()).data.invitations.map((one) => one.entity_urn)).not.toContain(entity_urn);
  expect(sandbox.summary().effects).toEqual({ done: 1, byOperation: { "invitation.accept": 1 } });
});

test("a sent invitation shows as pending, is listed, and is withdrawn once", async () => {
  const target = { login_token: token, linkedin_url: "https://www.linkedin.com/in/ken" };
  await caller.post("/v1/network/connect", target);
  const status = await caller.post("/v1/network/invitation-status", { ...target, linkedin_url: `${target.linkedin_url}/` });
  expect(status.text).toContain('"invitation_state":"PENDING"');
  const sent = await caller.post("/v1/network/sent-invitations", { login_token: token });
  const id = /"invitation_id":(\d+)/.exec(sent.text)?.[1];
  const withdraw = () => caller.post("/v1/network/withdraw-invitation", { login_token: token, invitation_id: id });
  expect((await withdraw()).status).toBe(200);
  expect((await withdraw()).status).toBe(400);
});
