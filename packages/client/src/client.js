/** One function for each call of the api, over fetch. A request is sent again only after an answer that says that nothing was done. */
import { CALLS } from "./calls.js";
import { ClientError } from "./client-error.js";
import { readAnswer, readProblem } from "./read-answer.js";
import { writeRequest } from "./write-request.js";

export { ClientError };

/** @typedef {import("./calls.js").CallRow} CallRow */
/** @typedef {{ url: string, token: string, retries: number, longestPauseMs: number, fetch: typeof globalThis.fetch }} Settings */
/** @typedef {{ name: string, row: CallRow, given: Readonly<Record<string, unknown>>, signal: AbortSignal | undefined }} Asked */

/** @type {typeof import("./client.d.ts").createClient} */
export function createClient({ url, token, retries = 2, longestPauseMs = 30_000, fetch = globalThis.fetch }) {
  const settings = { url: url.replace(/\/+$/, ""), token, retries, longestPauseMs, fetch };
  const calls = Object.entries(CALLS).map(([name, row]) => {
    /** @param {Readonly<Record<string, unknown>>} [given] @param {{ signal?: AbortSignal }} [options] */
    const call = (given = {}, { signal } = {}) => ask(settings, { name, row, given, signal });
    return /** @type {const} */ ([name, call]);
  });
  return /** @type {import("./client.d.ts").Client} */ (/** @type {unknown} */ (Object.fromEntries(calls)));
}

/** @param {Settings} settings @param {Asked} asked @returns {Promise<unknown>} */
async function ask(settings, asked) {
  const { url, token, retries, longestPauseMs } = settings;
  const { target, init, isRepeatable } = writeRequest(asked, { url, token });
  for (let repeats = 0; ; repeats += 1) {
    const response = await send(settings, { asked, target, init });
    if (response.ok) return readAnswer(response, asked.name);
    const problem = await readProblem(response, asked);
    const { nothingDone, retryAfterMs } = problem;
    const mayRepeat = nothingDone && retryAfterMs !== null && retryAfterMs <= longestPauseMs && isRepeatable && repeats < retries;
    if (!mayRepeat) throw problem;
    await pause(retryAfterMs, asked.signal);
  }
}

/** @param {Settings} settings @param {{ asked: Asked, target: string, init: RequestInit }} request */
async function send({ fetch }, { asked: { name, row, signal }, target, init }) {
  try {
    return await fetch(target, signal === undefined ? init : { ...init, signal });
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    throw new ClientError(`${name}: no answer from the api`, { code: "no_answer", call: name, nothingDone: row.method === "GET", cause });
  }
}

/** @param {number} ms @param {AbortSignal | undefined} signal @returns {Promise<void>} */
function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}
