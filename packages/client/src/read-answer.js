/** Answers of the api by their media type, and its refusals as the one error. */
import { ClientError } from "./client-error.js";

/** @param {Response} response @param {string} call @returns {Promise<unknown>} A document, JSON lines as they come, a text, or undefined. */
export async function readAnswer(response, call) {
  const type = response.headers.get("content-type") ?? "";
  if (type.startsWith("application/x-ndjson")) return linesOf(response, call);
  const text = await textOf(response, call);
  if (!type.startsWith("application/json")) return text === "" ? undefined : text;
  return parsed(text, { call, status: response.status });
}

/** Refusals before the first line of a body is read; others may come after lines that were taken. */
const BEFORE_THE_BODY = [401, 403, 415, 429];

/**
 * A refusal. The api's own below 500 says that nothing was done, of lines only where none was read; what Redis or a machine in between
 * answers does not say it, but a call that reads does nothing in any case.
 * @param {Response} response @param {{ name: string, row: import("./calls.js").CallRow }} asked @returns {Promise<ClientError>}
 */
export async function readProblem(response, { name: call, row }) {
  const { status } = response;
  const text = await textOf(response, call).catch(() => "");
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  const retryAfterMs = seconds >= 0 ? seconds * 1_000 : null;
  const error = problemIn(text);
  const refused = row.body === "lines" ? BEFORE_THE_BODY.includes(status) : status < 500;
  const nothingDone = row.method === "GET" || (error !== null && refused);
  if (error === null) {
    const message = `${call}: ${status} was answered, and not by the api`;
    return new ClientError(message, { code: "unreadable_answer", call, status, retryAfterMs, nothingDone });
  }
  const { code, message, issues = [] } = error;
  const all = [message, ...issues.map((issue) => (issue.path === "" ? issue.message : `${issue.path} ${issue.message}`))].join("; ");
  return new ClientError(`${call}: ${all}`, { code, call, status, issues, retryAfterMs, nothingDone });
}

/** @param {string} text @returns {import("./client.d.ts").Problem["error"] | null} */
function problemIn(text) {
  try {
    const { error } = JSON.parse(text);
    return typeof error?.code === "string" && typeof error.message === "string" ? error : null;
  } catch {
    return null;
  }
}

/** The api takes one document or line at a time: what comes is done, although nobody can read it. @param {string} text @param {{ call: string, status: number }} of */
function parsed(text, { call, status }) {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ClientError(`${call}: the answer is no JSON`, { code: "unreadable_answer", call, status, nothingDone: false, cause });
  }
}

/** @param {Response} response @param {string} call */
async function textOf(response, call) {
  try {
    return await response.text();
  } catch (cause) {
    throw brokenOff(call, { status: response.status, cause });
  }
}

/** @param {string} call @param {{ status: number, cause: unknown }} of */
function brokenOff(call, { status, cause }) {
  return new ClientError(`${call}: the answer broke off`, { code: "no_answer", call, status, nothingDone: false, cause });
}

/** Lines one by one; the connection ends with the loop. @param {Response} response @param {string} call @returns {AsyncGenerator<unknown>} */
async function* linesOf({ body, status }, call) {
  if (body === null) return;
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause) => {
        throw brokenOff(call, { status, cause });
      });
      const lines = `${rest}${decoder.decode(value, { stream: !done })}`.split("\n");
      rest = done ? "" : (lines.pop() ?? "");
      for (const line of lines) if (line.trim() !== "") yield parsed(line, { call, status });
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
