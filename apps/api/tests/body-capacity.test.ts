/** Bodies are bounded in their sum: who finds no capacity is told to come back, and capacity is given back with the answer, whichever it is. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { ApiRole } from "@linkup-queue/contracts";
import { waitFor } from "@linkup-queue/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SECRETS, startTestApi, type TestApi } from "./fixture.ts";

const JOB = { operation: "profile.me", accountId: "ada", input: {} };
let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ limits: { bodyBytes: 200_000, bodiesBytes: 480_000 } });
});
afterAll(async () => api.close());

/** Begins a body and leaves it there. Settles when the api has begun to read it. */
async function begin(path: string, type: string, length: string): Promise<Socket> {
  const socket = connect({ port: api.api.port, host: "127.0.0.1" });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  const headers = ["host: x", "expect: 100-continue", `authorization: Bearer ${SECRETS.producer}`, `content-type: ${type}`, length];
  socket.write(`POST ${path} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`);
  await once(socket, "data");
  return socket;
}

const large = (role: ApiRole = "producer") => api.call(role, "POST /v1/jobs?dryRun=1", { ...JOB, padding: "x".repeat(150_000) });
const small = () => api.call("producer", "POST /v1/jobs?dryRun=1", JOB);

test.each([
  ["a JSON body that says how long it is", "/v1/jobs", "application/json", "content-length: 190000"],
  ["a JSON body that does not", "/v1/jobs", "application/json", "transfer-encoding: chunked"],
  ["a batch", "/v1/jobs/batch", "application/x-ndjson", "transfer-encoding: chunked"],
])("while %s is being read there is no capacity for another large one, and again when it is gone", async (...[, path, type, length]) => {
  const { socket, refused } = await waitFor(
    async () => {
      // It may find the capacity of the request before it still taken.
      const begun = await begin(path, type, length);
      const answer = await large();
      if (answer.status === 429) return { socket: begun, refused: answer };
      begun.destroy();
      return null;
    },
    { what: "the capacity to be taken" },
  );
  expect(refused).toMatchObject({ body: { error: { code: "too_many_requests" } } });
  expect(refused.headers.get("retry-after")).toBe("1");
  if (type === "application/json") expect((await small()).status).toBe(200);
  socket.destroy();
  await waitFor(async () => (await large()).status, { what: "the capacity to be given back", until: (seen) => seen === 400 });
});

test("one producer has half of the capacity at most: another caller finds capacity beside it, and it finds no more", async () => {
  const socket = await begin("/v1/jobs", "application/json", "content-length: 190000");
  try {
    expect((await large("admin")).status).toBe(400);
    expect((await large()).status).toBe(429);
    expect((await large("admin")).status).toBe(400);
  } finally {
    socket.destroy();
  }
});
