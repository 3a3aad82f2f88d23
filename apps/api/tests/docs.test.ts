/** The description, the page and the metrics. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROUTES } from "../src/index.ts";
import { startTestApi, type TestApi } from "./fixture.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api.close());

type Operation = { responses: Record<string, object>; security: unknown[]; requestBody?: object };

test("every route is described, with its answers, its refusals and who may call it", async () => {
  const { status, body } = await api.call(null, "GET /openapi.json");
  expect(status).toBe(200);
  const { openapi, paths } = body as { openapi: string; paths: Record<string, Record<string, Operation>> };
  expect(openapi).toBe("3.1.0");
  const described = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`));
  expect(described.sort()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).sort());
  for (const { method, path, role, answers } of ROUTES) {
    const operation = paths[path]?.[method];
    expect(Object.keys(operation?.responses ?? {}), path).toEqual(expect.arrayContaining(Object.keys(answers)));
    expect(operation?.security, path).toEqual(role === "none" ? [] : [{ bearer: [] }]);
    if (role !== "none") expect(operation?.responses, path).toHaveProperty("403");
  }
  expect(paths["/v1/jobs"]?.["post"]?.requestBody).toMatchObject({
    content: { "application/json": { schema: { $ref: "#/components/schemas/Job" } } },
  });
});

test("every reference in the description leads somewhere", async () => {
  const { body } = await api.call(null, "GET /openapi.json");
  const { components } = body as { components: { schemas: Record<string, unknown> } };
  const references = [...JSON.stringify(body).matchAll(/"\$ref":"([^"]+)"/g)].map(([, target]) => target ?? "");
  expect(references.length).toBeGreaterThan(10);
  for (const target of references) expect(Object.keys(components.schemas)).toContain(target.replace("#/components/schemas/", ""));
});

test("the page and all it loads come from here, and its policy allows nothing else", async () => {
  const page = await api.call(null, "GET /docs");
  expect(page.status).toBe(200);
  expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
  expect(page.headers.get("content-security-policy")).not.toContain("upgrade-insecure-requests");
  const loaded = [...String(page.body).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address ?? "");
  expect(loaded).toEqual(["data:,", "docs/swagger-ui.css", "docs/swagger-ui-bundle.js", "docs/start.js"]);
  for (const file of loaded.slice(1)) {
    const answer = await api.call(null, `GET /${file}`);
    expect(answer.status, file).toBe(200);
    expect(answer.headers.get("content-type"), file).toMatch(file.endsWith(".css") ? /^text\/css/ : /^text\/javascript/);
    expect(String(answer.body).length).toBeGreaterThan(100);
  }
  expect((await api.call(null, "GET /docs/..%2Fpackage.json")).status).toBe(400);
});

test("metrics tell what waits, by queue and by state, without a name", async () => {
  await api.call("admin", "PUT /v1/accounts/secret-name", { login_token: "token-of-somebody" });
  await api.call("producer", "POST /v1/jobs", { operation: "profile.me", accountId: "secret-name", input: {} });
  const { status, body } = await api.call("viewer", "GET /metrics");
  expect(status).toBe(200);
  const text = String(body);
  for (const line of [
    "linkup_redis_up 1",
    'linkup_accounts{state="active"} 1',
    'linkup_queue_jobs{queue="profiles",state="waiting"} 1',
    "linkup_jobs_parked 0",
    "linkup_outbox_lag_seconds 0",
    "linkup_window_share 0",
    'linkup_credits_today{kind="charged"} 0',
  ]) {
    expect(text).toContain(line);
  }
  expect(text).toMatch(/linkup_queue_oldest_job_seconds\{queue="profiles"\} \d/);
  expect(text).toMatch(/linkup_http_request_seconds_count\{method="put",route="\/v1\/accounts\/\{id\}",status="200"\} 1/);
  expect(text).not.toContain("secret-name");
});
