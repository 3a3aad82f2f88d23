/** Every route with every role, generated from the table of routes and held against the contract's table. */
import { API_ROLES } from "@linkup-queue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROUTES } from "../src/index.ts";
import { startTestApi, type TestApi } from "./fixture.ts";

/** The contract's table: who may call what. Written out here on purpose. */
const CONTRACT: Readonly<Record<string, "none" | "viewer" | "producer" | "admin">> = {
  "PUT /v1/accounts/{id}": "admin",
  "PATCH /v1/accounts/{id}": "admin",
  "GET /v1/accounts": "viewer",
  "GET /v1/accounts/{id}": "viewer",
  "GET /v1/accounts/{id}/states": "viewer",
  "GET /v1/campaigns/{id}/states": "viewer",
  "POST /v1/accounts/{id}/verify": "admin",
  "POST /v1/accounts/{id}/override": "admin",
  "POST /v1/accounts/{id}/pause": "admin",
  "POST /v1/accounts/{id}/resume": "admin",
  "POST /v1/accounts/{id}/sent": "producer",
  "DELETE /v1/accounts/{id}": "admin",
  "POST /v1/jobs": "producer",
  "POST /v1/jobs/batch": "producer",
  "GET /v1/jobs": "viewer",
  "GET /v1/jobs/{jobId}": "viewer",
  "DELETE /v1/jobs/{jobId}": "producer",
  "POST /v1/jobs/{jobId}/redrive": "producer",
  "POST /v1/jobs/{jobId}/resolve": "producer",
  "POST /v1/jobs/{jobId}/reconcile": "producer",
  "POST /v1/jobs/redrive": "producer",
  "POST /v1/jobs/cancel": "producer",
  "GET /v1/operations": "viewer",
  "POST /v1/key/pause": "admin",
  "POST /v1/key/resume": "admin",
  "POST /v1/key/restore": "admin",
  "GET /v1/key": "viewer",
  "GET /v1/findings": "viewer",
  "GET /v1/outcomes": "viewer",
  "GET /v1/history": "viewer",
  "GET /v1/events": "viewer",
  "GET /v1/audit": "admin",
  "POST /v1/brakes/{id}/release": "admin",
  "POST /v1/campaigns": "producer",
  "GET /v1/campaigns/{id}/recipients": "viewer",
  "POST /v1/campaigns/{id}/recipients": "producer",
  "POST /v1/campaigns/{id}/start": "producer",
  "POST /v1/campaigns/{id}/pause": "producer",
  "POST /v1/campaigns/{id}/resume": "producer",
  "POST /v1/campaigns/{id}/cancel": "producer",
  "PATCH /v1/campaigns/{id}": "producer",
  "DELETE /v1/campaigns/{id}": "producer",
  "DELETE /v1/campaigns/{id}/recipients/{recipientId}": "producer",
  "GET /v1/campaigns": "viewer",
  "GET /v1/campaigns/{id}": "viewer",
  "GET /v1/campaigns/{id}/estimate": "viewer",
  "GET /v1/campaigns/{id}/results": "viewer",
  "PUT /v1/schedules/{id}": "producer",
  "GET /v1/schedules": "producer",
  "GET /v1/schedules/{id}": "producer",
  "POST /v1/schedules/{id}/pause": "producer",
  "POST /v1/schedules/{id}/resume": "producer",
  "POST /v1/schedules/{id}/run": "producer",
  "DELETE /v1/schedules/{id}": "producer",
  "PUT /v1/webhooks/{id}": "admin",
  "GET /v1/webhooks": "admin",
  "GET /v1/webhooks/{id}": "admin",
  "DELETE /v1/webhooks/{id}": "admin",
  "GET /v1/webhooks/{id}/dead": "admin",
  "POST /v1/webhooks/{id}/redrive": "admin",
  "POST /v1/webhooks/{id}/test": "admin",
  "GET /v1/credits": "viewer",
  "DELETE /v1/people": "admin",
  "POST /v1/people/replied": "producer",
  "PUT /v1/suppressions": "producer",
  "POST /v1/suppressions": "producer",
  "GET /v1/suppressions": "producer",
  "DELETE /v1/suppressions": "producer",
  "GET /metrics": "viewer",
  "GET /openapi.json": "none",
  "GET /docs": "none",
  "GET /docs/{file}": "none",
  "GET /healthz": "none",
  "GET /readyz": "none",
};

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api.close());

const lineOf = (route: { method: string; path: string }) => `${route.method.toUpperCase()} ${route.path}`;

test("the table holds exactly the contract's routes with the contract's roles", () => {
  expect(Object.fromEntries(ROUTES.map((route) => [lineOf(route), route.role]))).toEqual(CONTRACT);
});

for (const [line, role] of Object.entries(CONTRACT)) {
  test(`${line} is open to ${role === "none" ? "everybody" : `${role} and above`}, and to nobody else`, async () => {
    const concrete = line.replace("{file}", "start.js").replaceAll(/\{\w+\}/g, "nobody");
    const anonymous = await api.call(null, concrete);
    if (role === "none") {
      expect(anonymous.status).toBe(200);
      return;
    }
    expect(anonymous.status).toBe(401);
    expect(anonymous.headers.get("www-authenticate")).toMatch(/^Bearer/);
    for (const caller of API_ROLES) {
      const { status } = await api.call(caller, concrete);
      if (API_ROLES.indexOf(caller) < API_ROLES.indexOf(role)) expect(status, caller).toBe(403);
      else expect([401, 403], caller).not.toContain(status);
    }
  });
}

test("OPTIONS needs a token, whatever the path", async () => {
  for (const path of ["/v1/key", "/v1/accounts/ada", "/metrics", "/healthz", "/docs", "/v1/nothing", "/board"]) {
    expect((await api.call(null, `OPTIONS ${path}`)).status, path).toBe(401);
  }
  const known = await api.call("viewer", "OPTIONS /v1/key");
  expect([known.status, known.headers.get("allow")]).toEqual([200, "GET, HEAD"]);
});

test("another method on a known path is answered 405 with those it takes, and an unknown path 404", async () => {
  const wrong = await api.call("admin", "POST /v1/accounts/ada");
  expect(wrong.status).toBe(405);
  expect(wrong.headers.get("allow")).toBe("PUT, PATCH, GET, DELETE");
  expect((await api.call("admin", "GET /v1/nothing")).status).toBe(404);
});
