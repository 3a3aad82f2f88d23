/** The description, the page and the metrics. */
import { ERROR_CODES, OPERATION_NAMES, OUTCOME_CODES } from "@linkup-queue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROUTES } from "../src/index.ts";
import { openapi } from "../src/openapi.ts";
import { assertDescribed } from "./described-answer.ts";
import { startTestApi, type TestApi } from "./fixture.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api.close());

type Content = { content?: Record<string, { example?: unknown }> };
type Operation = { responses: Record<string, Content>; security: unknown[]; requestBody?: Content; parameters?: object[] };
type Description = { paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, unknown> } };

const described = openapi(ROUTES) as Description;

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

test("operations have names that code can call, each once", async () => {
  const names = ROUTES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z]+(?:[A-Z][a-z]+)+$/);
});

test("every body, answer and parameter has an example, and a request's is one that its route takes", async () => {
  for (const { path, method, schemas, streams } of ROUTES) {
    const operation = described.paths[path]?.[method];
    for (const parameter of operation?.parameters ?? []) expect(parameter, `${method} ${path}`).toHaveProperty("example");
    const { requestBody, responses = {} } = operation ?? {};
    for (const { content = {} } of [...(requestBody === undefined ? [] : [requestBody]), ...Object.values(responses)])
      for (const part of Object.values(content)) expect(part, `${method} ${path}`).toHaveProperty("example");
    if (schemas.body === null || requestBody === undefined) continue;
    const [type = ""] = streams.length > 0 ? streams : ["application/json"];
    const read = schemas.body.safeParse(requestBody.content?.[type]?.example);
    expect(read.error?.issues ?? [], `${method} ${path}`).toEqual([]);
  }
});

test("each operation of the catalogue has a job and an input of its own", () => {
  const { schemas } = described.components;
  for (const name of OPERATION_NAMES) {
    const own = name.replaceAll(/(?:^|[.-])(\w)/g, (_all, letter: string) => letter.toUpperCase());
    expect(schemas[`${own}Job`], name).toMatchObject({
      properties: { operation: { const: name }, input: { $ref: `#/components/schemas/${own}Input` } },
    });
  }
  expect(schemas["Outcome"]).toMatchObject({ properties: { code: { anyOf: [{ enum: [...OUTCOME_CODES] }, { type: "null" }] } } });
  expect(schemas["Problem"]).toMatchObject({ properties: { error: { properties: { code: { enum: [...ERROR_CODES] } } } } });
});

test("an answer that is not as described fails the test that got it", () => {
  const told = { method: "GET", path: "/healthz", status: 200, contentType: "application/json; charset=utf-8" };
  expect(() => assertDescribed({ ...told, text: '{"status":"ok"}' })).not.toThrow();
  expect(() => assertDescribed({ ...told, text: '{"status":"well"}' })).toThrow("not as described");
  expect(() => assertDescribed({ ...told, text: '{"status":"ok","more":1}' })).toThrow("must NOT have additional properties");
  expect(() => assertDescribed({ ...told, status: 418, text: "" })).toThrow("is not described");
  expect(() => assertDescribed({ ...told, contentType: "text/plain", text: "ok" })).toThrow("as text/plain");
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
