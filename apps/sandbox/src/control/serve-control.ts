/** The control calls under /_sandbox/: scenario, journal, summary, reset. They are no requests of the provider: never counted, never charged. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import type { JournalEntry } from "../book/journal.ts";
import { readBody } from "../calls/read-body.ts";
import { describeScenario, type Scenario, type ScenarioPatch } from "../scenario/scenario.ts";
import type { Summary, SummaryQuery } from "./summary.ts";

/** The powers of the control calls over a sandbox. */
export type Control = {
  scenario(patch?: ScenarioPatch): Scenario;
  journal(query?: { since?: number; limit?: number }): JournalEntry[];
  summary(query?: SummaryQuery): Summary;
  reset(options?: { scenario?: boolean }): void;
};

export const CONTROL_PREFIX = "/_sandbox/";
const MAX_CONTROL_BYTES = 4 * 1024 * 1024;

const Count = z.coerce.number().int().min(0);
const Span = z.coerce.number().min(0);
const Width = z.coerce.number().positive();
const JournalQuery = z.strictObject({ since: Count.default(0), limit: Count.max(100_000).default(1000) });
const SummaryParams = z.strictObject({
  windowMs: Width.optional(),
  from: Span.optional(),
  to: Span.optional(),
  bucketMs: Width.optional(),
});
const ResetRequest = z.strictObject({
  scenario: z.preprocess((value) => value === true || value === "1" || value === "true", z.boolean()),
});
const ScenarioQuery = z.strictObject({ fields: z.literal("1").optional() });

type Answer = { status: number; body: unknown };
type ControlRequest = { query: Record<string, string>; body: unknown };

const ROUTES: Readonly<Record<string, (control: Control, request: ControlRequest) => unknown>> = {
  "GET /_sandbox/scenario": (control, { query }) => (ScenarioQuery.parse(query).fields === "1" ? describeScenario() : control.scenario()),
  "POST /_sandbox/scenario": (control, { body }) => control.scenario(z.record(z.string(), z.unknown()).parse(body)),
  "GET /_sandbox/journal": (control, { query }) => ({ entries: control.journal(JournalQuery.parse(query)) }),
  "GET /_sandbox/summary": (control, { query }) => control.summary(toSummaryQuery(query)),
  "POST /_sandbox/reset": (control, { query, body }) => {
    control.reset(ResetRequest.parse({ scenario: false, ...query, ...z.record(z.string(), z.unknown()).parse(body) }));
    return { reset: true };
  },
  "GET /_sandbox/health": () => ({ status: "ok" }),
};

/** Serves one control call. Mistakes get a 400 that names them, unknown calls a 404 that lists the known ones. */
export function serveControl(request: IncomingMessage, response: ServerResponse, control: Control): void {
  readBody(request, MAX_CONTROL_BYTES, (read) => {
    if (read.kind === "aborted") return;
    const answer =
      read.kind === "text"
        ? answerControl(request, read.text, control)
        : failure(413, `A control body has at most ${MAX_CONTROL_BYTES} bytes`);
    const text = JSON.stringify(answer.body);
    if (read.kind === "too-large") response.setHeader("connection", "close");
    response.writeHead(answer.status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
    response.end(text);
  });
}

/**
 * Why a change is not taken; null for none. A page of another site can send a form or plain text to this machine from a person's browser, and
 * no JSON without being asked for leave first, which is not given.
 */
function foreignChange({ method, headers }: IncomingMessage, text: string): Answer | null {
  if (method === "GET" || method === "HEAD") return null;
  const { origin, host = "" } = headers;
  const site = headers["sec-fetch-site"];
  const isOwn =
    (origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)) && (site === undefined || site === "same-origin");
  if (!isOwn) return failure(403, "Control calls come from the sandbox's own origin, or from no page at all");
  const type = (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
  return text === "" || type === "application/json" ? null : failure(415, "Send control calls as content-type: application/json");
}

function answerControl(request: IncomingMessage, text: string, control: Control): Answer {
  const url = new URL(request.url ?? "/", "http://sandbox");
  const route = ROUTES[`${request.method} ${url.pathname}`];
  if (route === undefined) return failure(404, `Unknown control call; known are ${Object.keys(ROUTES).join(", ")}`);
  const foreign = foreignChange(request, text);
  if (foreign !== null) return foreign;
  const body = parseControlBody(text);
  if (body === undefined) return failure(400, "The body is not JSON");
  try {
    return { status: 200, body: route(control, { query: Object.fromEntries(url.searchParams), body }) };
  } catch (thrown) {
    if (thrown instanceof z.ZodError) return failure(400, z.prettifyError(thrown));
    if (thrown instanceof TypeError) return failure(400, thrown.message);
    throw thrown;
  }
}

function parseControlBody(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function toSummaryQuery(query: Record<string, string>): SummaryQuery {
  const { windowMs, from, to, bucketMs } = SummaryParams.parse(query);
  return {
    ...(windowMs === undefined ? {} : { windowMs }),
    ...(from === undefined ? {} : { fromMs: from }),
    ...(to === undefined ? {} : { toMs: to }),
    ...(bucketMs === undefined ? {} : { bucketMs }),
  };
}

function failure(status: number, message: string): Answer {
  return { status, body: { error: { message } } };
}
