/** Turns a fault of the scenario into what the client sees of it. */

import { encodeJson } from "../api/encode-json.ts";
import type { Fault, Scenario } from "../scenario/scenario.ts";
import type { Answer, Outcome } from "./decide-call.ts";

/** Texts from the API facts' status table; 422 has a shape of its own there. */
const TEXTS: Readonly<Record<number, string>> = {
  400: "Bad parameter",
  401: "Invalid API key or insufficient credits",
  402: "Insufficient credits available",
  403: "LinkedIn token expired",
  404: "Error while getting contact info, check the linkedin profile url",
  429: "API Rate limit exceeded",
  500: "An error occurred while processing your request",
};
const GATEWAYS: Readonly<Record<number, string>> = { 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Time-out" };

/** LinkUp's error envelope. Its texts are known in `message` and in `data` (API facts), so they are in both. */
export function errorText(message: string): string {
  return encodeJson({ status: "error", message, data: message });
}

/** Whether a fault strikes before or after the effect, or long before it; spoilt bodies of a 200 come after it unless said otherwise. */
export function whenOf(fault: Fault): "before" | "after" | "late" {
  if (fault.when !== undefined) return fault.when;
  return fault.status === "oversized" || fault.status === "unreadable" || fault.status === "truncated" || fault.status === "drip"
    ? "after"
    : "before";
}

/** The answer that the client gets in place of `body`, the answer that would have been. */
export function faultAnswer(fault: Fault, scenario: Scenario, body: string): Answer {
  const json = (status: number, text: string): Answer => ({ status, contentType: "application/json", body: text, delivery: "plain" });
  switch (fault.status) {
    case "hang":
    case "reset":
    case "truncated":
    case "drip":
    case "oversized":
      return { ...json(200, body), delivery: fault.status };
    case "unreadable":
      return json(200, '{"status":"success","data":{"name":');
    case "error-in-200":
      return json(200, errorText(fault.message ?? scenario.errorIn200Text));
    default:
      if (typeof fault.body === "string") return { ...json(fault.status, fault.body), contentType: "text/html" };
      if (fault.body !== undefined) return json(fault.status, encodeJson(fault.body));
      return numbered(fault.status, fault.message);
  }
}

/**
 * A fault after the effect. A call that was refused on its own grounds keeps its refusal, which had no effect to be hidden;
 * only what happens to the connection strikes that too.
 */
export function applyFault(outcome: Outcome, fault: Fault, scenario: Scenario): Outcome {
  const replacesAnswer = typeof fault.status === "number" || fault.status === "error-in-200" || fault.status === "unreadable";
  if (replacesAnswer && !outcome.ok) return outcome;
  const answer = faultAnswer(fault, scenario, outcome.answer.body);
  return { ...outcome, answer: replacesAnswer ? answer : { ...answer, status: outcome.answer.status } };
}

function numbered(status: number, message: string | undefined): Answer {
  const gateway = GATEWAYS[status];
  if (gateway !== undefined && message === undefined) {
    const page = `<html><head><title>${status} ${gateway}</title></head><body><h1>${gateway}</h1></body></html>`;
    return { status, contentType: "text/html", body: page, delivery: "plain" };
  }
  if (status === 422)
    return { status, contentType: "application/json", body: encodeJson({ detail: message ?? "Unprocessable" }), delivery: "plain" };
  const success = status < 300;
  const body = success ? encodeJson({ status: "success", message: message ?? "Done" }) : errorText(message ?? TEXTS[status] ?? "Error");
  return { status, contentType: "application/json", body, delivery: "plain" };
}
