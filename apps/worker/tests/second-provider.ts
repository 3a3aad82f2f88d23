/**
 * Another provider beside LinkUp v1, shaped as LinkUp describes its v2: one path for each group with the action in the body, `account_id` where
 * v1 has a token, answers that tell what they cost, errors that cost nothing. For a test of the seam; no client of the real v2.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { OperationName, Price, PriceTable, Verdict } from "@linkup-queue/contracts";
import { OPERATION_NAMES, OPERATIONS } from "@linkup-queue/contracts";
import type { Provider, ProviderRequest } from "@linkup-queue/linkup";
import { z } from "zod";

/** The operations that this test calls: group, action, and the fields under another name. */
const ACTIONS: Partial<Record<OperationName, { group: string; action: string; renames: Readonly<Record<string, string>> }>> = {
  "message.send": { group: "messages", action: "send", renames: { linkedin_url: "profile_url" } },
  "connection.list": { group: "network", action: "list_connections", renames: { total_results: "count" } },
};

const Answer = z.discriminatedUnion("success", [
  z.object({ success: z.literal(true), data: z.record(z.string(), z.unknown()), metadata: z.object({ credits_consumed: z.int().min(0) }) }),
  z.object({ success: z.literal(false), error: z.object({ code: z.string() }) }),
]);

type Errors = Readonly<Record<string, Pick<Verdict, "code" | "remedy" | "message">>>;
const ERRORS: Errors = {
  ACCOUNT_INACTIVE: { code: "token_expired", remedy: "refresh_token", message: "The account is not connected any more" },
  INVALID_PARAMS: { code: "invalid_request", remedy: "end", message: "The provider does not take this input" },
};

export const secondProvider: Provider = {
  headers: (apiKey) => ({ "x-api-key": apiKey }),
  write: (request) => {
    if (request.kind === "verify") throw new Error("This provider asks for no code in this test");
    if (request.kind === "login") {
      const { email, password, country } = request;
      return { path: "/v2/login", body: { platform: "linkedin", email, password, country } };
    }
    const row = ACTIONS[request.operation];
    if (row === undefined) throw new Error(`${request.operation} is not called in this test`);
    const params = Object.fromEntries(Object.entries(request.input).map(([name, value]) => [row.renames[name] ?? name, value]));
    return { path: `/v2/${row.group}`, body: { account_id: request.token, action: row.action, params } };
  },
  read: (request, { httpStatus, body }) => {
    const answer = Answer.parse(body.state === "json" ? body.value : null);
    if (!answer.success) {
      const row = answer.error.code;
      const told = ERRORS[row] ?? { code: "bad_response", remedy: "end", message: "An error without a meaning here" };
      return { verdict: { row, ...told, charge: "no", effect: "none", httpStatus, output: null }, credits: null, auth: { kind: "other" } };
    }
    const { credits_consumed: credits } = answer.metadata;
    const effect = isWrite(request) ? "done" : "none";
    const output = request.kind === "call" ? answer.data : null;
    return {
      verdict: { row: "success", code: null, charge: "yes", effect, remedy: "complete", message: "Done", httpStatus, output },
      credits: { charged: credits, uncertain: 0 },
      auth: request.kind === "call" ? { kind: "other" } : { kind: "token", token: String(answer.data["account_id"]) },
    };
  },
};

function isWrite(request: ProviderRequest): boolean {
  return request.kind === "call" && OPERATIONS[request.operation].kind === "write";
}

const ONE: Price = { rule: "1", evidence: "assumed", credits: () => 1 };
const PER_25: Price = {
  rule: "1 for each started 25",
  evidence: "assumed",
  credits: ({ total_results }) => Math.ceil(Number(total_results) / 25),
};

/** The prices of its calls, told before them. */
export const SECOND_PRICES: PriceTable = {
  ...(Object.fromEntries(OPERATION_NAMES.map((name) => [name, ONE])) as PriceTable),
  "connection.list": PER_25,
};

export type Seen = { path: string; key: string; body: Record<string, unknown> };
export type SecondServer = {
  url: string;
  /** Every request, in the order of arrival. */
  seen: Seen[];
  /** Answers calls of this account with ACCOUNT_INACTIVE from now on. */
  disconnect(accountId: string): void;
  close(): Promise<void>;
};

const failure = (code: string) => ({ success: false, error: { code, message: code }, metadata: { credits_consumed: 0 } });

/** A server that answers as `secondProvider` expects. A log-in is free; a message costs 1; fifty connections cost 1. */
export async function startSecondServer(): Promise<SecondServer> {
  const seen: Seen[] = [];
  const inactive = new Set<unknown>();
  let connected = 0;
  const success = (data: Record<string, unknown>, credits: number) => ({ success: true, data, metadata: { credits_consumed: credits } });

  function answer({ path, body }: Seen): { status: number; body: unknown } {
    if (path === "/v2/login") return { status: 200, body: success({ account_id: `account-${++connected}` }, 0) };
    if (inactive.has(body["account_id"])) return { status: 403, body: failure("ACCOUNT_INACTIVE") };
    const { count } = z.looseObject({ count: z.int().default(0) }).parse(body["params"]);
    if (path === "/v2/messages" && body["action"] === "send") return { status: 200, body: success({ entityUrn: "urn:li:m:1" }, 1) };
    if (path === "/v2/network" && body["action"] === "list_connections") {
      return { status: 200, body: success({ connections: [] }, Math.ceil(count / 50)) };
    }
    return { status: 400, body: failure("INVALID_PARAMS") };
  }

  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const one = { path: request.url ?? "", key: String(request.headers["x-api-key"]), body };
      seen.push(one);
      const { status, body: answered } = answer(one);
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answered));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    disconnect: (accountId) => void inactive.add(accountId),
    close: () => new Promise((resolve, reject) => server.close((error) => (error === undefined ? resolve() : reject(error)))),
  };
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return z.record(z.string(), z.unknown()).parse(JSON.parse(Buffer.concat(chunks).toString("utf8")));
}
