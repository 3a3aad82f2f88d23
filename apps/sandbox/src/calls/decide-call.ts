/**
 * Decides what a call is answered, what it costs and what it does, in the provider's order:
 * rate window, key, credits, path, body, fault before, token, LinkedIn's own limit, the effect, fault after. Nothing here waits or writes to a socket.
 */
import { z } from "zod";
import { type Body, canonicalTarget, findMistake, parseBody, priceOf, targetOf } from "../api/body.ts";
import { encodeJson } from "../api/encode-json.ts";
import type { Endpoint } from "../api/endpoints.ts";
import { ownerOf } from "../book/accounts.ts";
import type { Book } from "../book/book.ts";
import type { JournalStatus } from "../book/journal.ts";
import type { KeyAccount } from "../book/meter.ts";
import type { FaultChooser } from "../scenario/choose-fault.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { type Performed, perform } from "./answers.ts";
import { applyFault, errorText, faultAnswer, whenOf } from "./fault-answers.ts";

export type Delivery = "plain" | "hang" | "reset" | "oversized" | "truncated" | "drip";
export type Answer = { status: number; contentType: string; body: string; delivery: Delivery };
export type Decision = {
  answer: Answer;
  status: JournalStatus;
  charged: number;
  account: string | null;
  target: string | null;
  effect: "none" | "done";
  fault: string | null;
  /** Of a call that is lost and done later: does it then, and answers its charge and effect. */
  late?: (at: { nowMs: number; wallMs: number }) => Pick<Decision, "charged" | "effect">;
};

export type Call = {
  seq: number;
  endpoint: Endpoint | null;
  /** Null without x-api-key. */
  key: KeyAccount | null;
  overLimit: boolean;
  contentType: string | null;
  bodyText: string;
  nowMs: number;
  wallMs: number;
};
export type Rules = { book: Book; scenario: Scenario; faults: FaultChooser };

/** An answer with whether it is a success, whether it changed anything, and how many rows it lists. */
export type Outcome = { answer: Answer; ok: boolean; effect: "none" | "done"; rows?: number };

export function decideCall(call: Call, rules: Rules): Decision {
  const { endpoint, key } = call;
  const body = parseBody(call.bodyText);
  const account = endpoint === null || body === null ? null : accountOf(endpoint, body, rules.book);
  const target = endpoint === null || body === null ? null : targetOf(endpoint, body);
  const price = (rows: number) => (endpoint === null ? 1 : priceOf(endpoint, body ?? {}, rows));
  const settle = (outcome: Outcome, fault: { name: string; lost: boolean } | null): Decision => {
    const { answer, effect } = outcome;
    // The provider's rule: every answer costs but a 500. A call that was lost before anything was done costs nothing; there is nobody to charge without a key.
    const free =
      key === null || fault?.lost === true || (answer.status === 500 && answer.delivery !== "hang" && answer.delivery !== "reset");
    const charged = free ? 0 : price(outcome.rows ?? 0);
    if (!free) key.charge(charged);
    const status = answer.delivery === "hang" || answer.delivery === "reset" ? answer.delivery : answer.status;
    return { answer, status, charged, account, target, effect, fault: fault?.name ?? null };
  };

  const early = refuseEarly(call, price(0), rules.scenario);
  if (early !== null) return settle(early, null);
  if (endpoint === null) return settle(refusal(404, "Not found"), null);
  if (body === null || !isJson(call)) return settle(refusal(400, "Bad parameter: the body is not a JSON object"), null);

  const fault = rules.faults.choose({ operation: endpoint.operation, account });
  if (fault === null) return settle(carryOut(call, { endpoint, body, account, target }, rules), null);
  const when = whenOf(fault);
  const lost = (fault.status === "hang" || fault.status === "reset") && when !== "after";
  const struck = { name: `${fault.status} ${when}`, lost };
  const understood = { endpoint, body, account, target };
  if (when === "after") return settle(applyFault(carryOut(call, understood, rules), fault, rules.scenario), struck);
  const answer = faultAnswer(fault, rules.scenario, encodeJson({ status: "success" }));
  const decision = settle({ answer, ok: false, effect: "none" }, struck);
  if (when === "before") return decision;
  const late: Decision["late"] = (at) => {
    const outcome = carryOut({ ...call, ...at }, understood, rules);
    // Nobody hears of it: what is refused then costs nothing.
    return settle(outcome, { ...struck, lost: !outcome.ok });
  };
  return { ...decision, late };
}

/** A refusal in LinkUp's error envelope. */
export function refusal(status: number, message: string): Outcome {
  return { answer: plain(status, errorText(message)), ok: false, effect: "none" };
}

function plain(status: number, body: string): Answer {
  return { status, contentType: "application/json", body, delivery: "plain" };
}

function refuseEarly(call: Call, price: number, scenario: Scenario): Outcome | null {
  const { key } = call;
  const badKey = "Invalid API key or insufficient credits";
  if (key === null) return refusal(401, badKey);
  if (call.overLimit) return refusal(429, "API Rate limit exceeded");
  const keyRefused = typeof scenario.badKey === "boolean" ? scenario.badKey : scenario.badKey.includes(key.fingerprint);
  return keyRefused || (key.balance !== null && key.balance < price) ? refusal(401, badKey) : null;
}

function isJson(call: Call): boolean {
  return call.endpoint?.method === "GET" || call.contentType?.toLowerCase().startsWith("application/json") === true;
}

function accountOf(endpoint: Endpoint, body: Body, book: Book): string | null {
  if (endpoint.kind === "auth") return typeof body.email === "string" ? ownerOf(body.email) : null;
  return typeof body.login_token === "string" && body.login_token !== "" ? book.accounts.owner(body.login_token) : null;
}

type Understood = { endpoint: Endpoint; body: Body; account: string | null; target: string | null };

function carryOut(call: Call, understood: Understood, rules: Rules): Outcome {
  const { endpoint, body } = understood;
  const mistake = findMistake(endpoint, body);
  if (mistake !== null) return refusal(400, mistake);
  if (endpoint.kind === "check")
    return { answer: plain(200, encodeJson({ status: "success", message: "API key is valid" })), ok: true, effect: "none" };
  return endpoint.kind === "auth" ? signIn(call, understood, rules) : useToken(call, understood, rules);
}

function signIn(call: Call, { endpoint, body }: Understood, { book, scenario }: Rules): Outcome {
  const email = String(body.email);
  const { logins } = book.meter;
  const login = endpoint.operation === "auth.login";
  if (login) logins.attempts += 1;
  const result = login
    ? book.accounts.logIn(email, call.nowMs, scenario)
    : book.accounts.verify({ email, code: String(body.code) }, call.nowMs, scenario);
  switch (result.kind) {
    case "token": {
      logins.tokens += 1;
      if (!login) logins.verified += 1;
      const text = encodeJson({ status: "success", login_token: result.token, message: "Login successful" });
      return { answer: plain(200, text), ok: true, effect: "done" };
    }
    case "code-asked": {
      logins.codesAsked += 1;
      const text = encodeJson({ status: "success", email, message: "A verification code was sent to your e-mail" });
      return { answer: plain(200, text), ok: true, effect: "done" };
    }
    default: {
      logins.refused += 1;
      const texts = {
        "bad-password": "Bad username or password",
        "no-session": "Session expired",
        "wrong-code": "Verification failed",
      } as const;
      return refusal(401, texts[result.kind]);
    }
  }
}

function useToken(call: Call, { endpoint, body, account, target }: Understood, { book, scenario }: Rules): Outcome {
  const owner = account ?? "";
  if (!book.accounts.spendCall(String(body.login_token), call.nowMs, scenario)) {
    // The withdraw page words it otherwise (API facts).
    return refusal(403, endpoint.operation === "invitation.withdraw" ? "Invalid or expired LinkedIn cookie" : "LinkedIn token expired");
  }
  if (scenario.linkedinLimited.includes(owner)) return refusal(429, "LinkedIn Rate limit exceeded");
  const world = { conversations: book.conversations, invitations: book.invitations, scenario, owner, seq: call.seq, wallMs: call.wallMs };
  const performed: Performed = perform(endpoint, body, world);
  if (!performed.ok) return refusal(performed.status, performed.message);
  if (endpoint.kind === "write") {
    const text = endpoint.text.map((name) => String(body[name] ?? "")).join("\u0000");
    book.effects.record({ seq: call.seq, operation: endpoint.operation, account: owner, target: canonicalTarget(target), text });
  }
  return {
    answer: plain(200, encodeJson(performed.body)),
    ok: true,
    effect: endpoint.kind === "write" ? "done" : "none",
    rows: rowsIn(performed.body),
  };
}

/** The rows of an answer's list; 0 for one that lists nothing. */
function rowsIn(body: unknown): number {
  const { data } = z.object({ data: z.record(z.string(), z.unknown()) }).safeParse(body).data ?? { data: {} };
  return Object.values(data).reduce<number>((rows, member) => rows + (Array.isArray(member) ? member.length : 0), 0);
}
