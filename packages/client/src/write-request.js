/** A request of the client's as one of HTTP: each member goes where the table says, and the rest is the body. */

/**
 * Throws `TypeError` for a request that no api could read: a part of the path is missing, or a member has no place.
 * @param {{ name: string, row: import("./calls.js").CallRow, given: Readonly<Record<string, unknown>> }} asked
 * @param {{ url: string, token: string }} at
 */
export function writeRequest({ name, row, given }, { url, token }) {
  const left = { ...given };
  /** @param {string} member */
  const take = (member) => {
    const value = left[member];
    delete left[member];
    return value;
  };
  const path = row.path.replace(/\{(\w+)\}/g, (_, /** @type {string} */ member) => {
    const value = take(member);
    if (value === undefined || value === "") throw new TypeError(`${name}: ${member} is missing`);
    return encodeURIComponent(String(value));
  });
  const query = new URLSearchParams(row.query.flatMap((/** @type {string} */ member) => written(member, take(member))));
  const headers = new Headers({ authorization: `Bearer ${token}`, accept: "application/json" });
  for (const [member, header] of Object.entries(row.headers)) {
    for (const [, value] of written(header, take(member))) headers.set(header, value);
  }
  const { body, contentType, isRepeatable } = row.body === "lines" ? linesOf(name, take) : documentOf(name, row, left);
  if (contentType !== null) headers.set("content-type", contentType);
  const target = `${url}${path}${query.size === 0 ? "" : `?${query}`}`;
  // Node sends a stream only with this word.
  const init = {
    method: row.method,
    headers,
    ...(body === null ? {} : { body }),
    ...(isRepeatable ? {} : { duplex: /** @type {const} */ ("half") }),
  };
  return { target, init, isRepeatable };
}

/** @param {string} name @param {unknown} value @returns {[string, string][]} */
function written(name, value) {
  if (value === undefined) return [];
  return [[name, typeof value === "boolean" ? String(Number(value)) : String(value)]];
}

/** @typedef {{ body: string | Blob | ReadableStream<Uint8Array> | null, contentType: string | null, isRepeatable: boolean }} Body */

/** @param {string} name @param {import("./calls.js").CallRow} row @param {Record<string, unknown>} left @returns {Body} */
function documentOf(name, { body, needsBody }, left) {
  const members = Object.keys(left).filter((member) => left[member] !== undefined);
  if (body === null && members.length > 0) throw new TypeError(`${name}: takes no ${members.join(", ")}`);
  if (body === null || (members.length === 0 && !needsBody)) return { body: null, contentType: null, isRepeatable: true };
  return { body: JSON.stringify(body === "whole" ? left["body"] : left), contentType: "application/json", isRepeatable: true };
}

/** @param {string} name @param {(member: string) => unknown} take @returns {Body} */
function linesOf(name, take) {
  const csv = /** @type {string | Blob | undefined} */ (take("csv"));
  if (csv !== undefined) return { body: csv, contentType: "text/csv", isRepeatable: true };
  const lines = /** @type {Iterable<unknown> | AsyncIterable<unknown> | undefined} */ (take("lines"));
  if (lines === undefined) throw new TypeError(`${name}: lines are missing`);
  const contentType = "application/x-ndjson";
  if (Array.isArray(lines)) return { body: lines.map(lineOf).join(""), contentType, isRepeatable: true };
  return { body: streamOf(lines), contentType, isRepeatable: false };
}

/** @param {unknown} value */
function lineOf(value) {
  return `${JSON.stringify(value)}\n`;
}

/** Lines as they are asked for. @param {Iterable<unknown> | AsyncIterable<unknown>} lines @returns {ReadableStream<Uint8Array>} */
function streamOf(lines) {
  const encoder = new TextEncoder();
  const iterator = (async function* () {
    yield* lines;
  })();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(lineOf(value)));
    },
    async cancel() {
      await iterator.return();
    },
  });
}
