/**
 * LinkUp API v1 as a provider: where the key, the token and the country go, how a request is written, what an answer means.
 * No answer of v1 tells what it cost [D], so what its row says counts: where that is only a bound, by the rows answered.
 */
import { OPERATIONS, type Verdict } from "@linkup-queue/contracts";
import type { Message, Provider, Reading, WholeAnswer } from "../seam/provider.ts";
import type { CallRequest, Cost, ProviderRequest } from "../seam/transport.ts";
import { authAnswer } from "./auth-answer.ts";
import { classify } from "./classify.ts";
import { V1_OPERATIONS, type V1Row } from "./operations.ts";
import type { V1Price } from "./prices.ts";

export type V1Options = {
  /** LINKUP_RETRY_WRITES_ON_500. */
  retryWritesOn500: boolean;
};

/** LinkUp API v1. */
export function linkupV1({ retryWritesOn500 }: V1Options): Provider {
  return {
    headers: (apiKey) => ({ "x-api-key": apiKey }),
    write: writeMessage,
    read: (request, answer) =>
      request.kind === "call" ? readCall(request, answer, retryWritesOn500) : readAuth(request.kind, answer, retryWritesOn500),
  };
}

function writeMessage(request: ProviderRequest): Message {
  switch (request.kind) {
    case "call": {
      const row: V1Row = V1_OPERATIONS[request.operation];
      return { path: row.path, body: { ...renamed(request.input, row), login_token: request.token, country: request.country } };
    }
    case "login": {
      const { email, password, country } = request;
      return { path: "/v1/auth/login", body: { email, password, country } };
    }
    case "verify": {
      const { email, code, country } = request;
      return { path: "/v1/auth/verify", body: { email, code, country } };
    }
  }
}

/** An input with the names that v1 has for its fields. */
export function renamed(input: CallRequest["input"], { renames = {} }: Pick<V1Row, "renames">): Record<string, unknown> {
  const names: Readonly<Record<string, string | undefined>> = renames;
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [names[name] ?? name, value]));
}

function readCall({ operation, input }: CallRequest, answer: WholeAnswer, retryWritesOn500: boolean): Reading {
  const { kind } = OPERATIONS[operation];
  const { proof, price }: V1Row = V1_OPERATIONS[operation];
  const verdict = classify({ ...answer, kind, operation, proof, retryWritesOn500 });
  return { verdict, credits: costOf(price, input, verdict), auth: { kind: "other" } };
}

/** The cost that the rows of an answer show, beside the dearest that is plausible. A refusal has no rows. */
function costOf({ credits, ofRows }: V1Price, input: CallRequest["input"], { output }: Verdict): Cost | null {
  const charged = ofRows?.(input, rowsIn(output)) ?? null;
  return charged === null ? null : { charged, uncertain: Math.max(0, credits(input) - charged) };
}

/** How many rows an answer's `data` has, by its longest list: the name of the list is not always known. */
function rowsIn(data: unknown): number {
  if (Array.isArray(data)) return data.length;
  if (typeof data !== "object" || data === null) return 0;
  return Object.values(data).reduce<number>((most, member) => (Array.isArray(member) ? Math.max(most, member.length) : most), 0);
}

function readAuth(step: "login" | "verify", answer: WholeAnswer, retryWritesOn500: boolean): Reading {
  const verdict = classify({ ...answer, kind: "auth", proof: null, retryWritesOn500 });
  return { verdict, credits: null, auth: authAnswer(step, verdict, answer.body) };
}
