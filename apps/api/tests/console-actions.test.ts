/** Actions of the console, sent as its pages send them: by a page that is older than what it shows, too. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { signInToConsole } from "./console-signed-in.ts";
import { startTestApi, type TestApi } from "./fixture.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api.close());

test("another password for an account that was removed meanwhile makes none, and says that it is gone", async () => {
  await api.call("admin", "PUT /v1/accounts/ada", { login_token: "token-of-ada-0123456789" });
  const admin = await signInToConsole(api.api.url, "admin");
  expect((await admin.page("/accounts/ada")).text).toContain("Log in with these");
  const fields = { id: "ada", email: "ada@example.com", password: "another-password" };
  await api.call("admin", "DELETE /v1/accounts/ada");
  const late = await admin.send("change-password", fields);
  expect(late.status).toBe(404);
  expect(late.text).toContain("There is no account ada");
  expect((await api.call("viewer", "GET /v1/accounts/ada")).status).toBe(404);
  expect(await api.engine.accounts.authNeed("ada")).toBeNull();
  // Its address is nobody's: another account may have it.
  expect((await api.call("admin", "PUT /v1/accounts/eve", { email: fields.email, password: "p" })).status).toBe(200);
});

test("another password for an account that is there is taken, and one log-in is due", async () => {
  await api.call("admin", "PUT /v1/accounts/bob", { login_token: "token-of-bob-0123456789" });
  const admin = await signInToConsole(api.api.url, "admin");
  const sent = await admin.send("change-password", { id: "bob", email: "bob@example.com", password: "another-password" });
  expect(sent.status).toBe(303);
  expect((await api.call("viewer", "GET /v1/accounts/bob")).body).toMatchObject({ state: "refreshing" });
});

test("a rule of an account is overridden and put in force again by its page, which only who may is offered", async () => {
  await api.call("admin", "PUT /v1/accounts/dora", { login_token: "token-of-dora-0123456789" });
  const [admin, viewer] = [await signInToConsole(api.api.url, "admin"), await signInToConsole(api.api.url, "viewer")];
  expect((await viewer.page("/accounts/dora")).text).not.toContain("Let urgent jobs pass");
  expect((await admin.page("/accounts/dora")).text).toContain("Let urgent jobs pass");
  expect((await admin.send("override-rule", { id: "dora", rule: "account_pace", hours: "2" })).status).toBe(303);
  expect((await api.call("viewer", "GET /v1/accounts/dora")).body).toMatchObject({ overrides: [{ rule: "account_pace" }] });
  expect((await viewer.page("/accounts/dora")).text).toMatch(/urgent jobs pass its pace until/);
  expect((await admin.send("override-rule", { id: "dora", rule: "account_pace", hours: "0" })).status).toBe(303);
  expect((await api.call("viewer", "GET /v1/accounts/dora")).body).toMatchObject({ overrides: [] });
  expect((await admin.send("override-rule", { id: "dora", rule: "account_pace", hours: "many" })).status).toBe(400);
});
