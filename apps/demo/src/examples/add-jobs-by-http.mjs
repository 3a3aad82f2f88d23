/** How a service adds jobs by HTTP: one request for any number of them, a key of its own for each, and an answer for each line. */

/** @typedef {{ operation: string, accountId: string, input: Readonly<Record<string, unknown>>, idempotencyKey: string }} HttpJob */
/** @typedef {{ line: number, jobId?: string, duplicate?: boolean, error?: { code: string, message: string } }} HttpAnswer */

/**
 * Adds jobs. Sending the same again, after a broken connection or a crash, adds nothing twice. Throws when the request as a whole failed.
 * @param {readonly HttpJob[]} jobs @param {{ apiUrl: string, secret: string }} at @returns {Promise<HttpAnswer[]>}
 */
export async function addJobsByHttp(jobs, { apiUrl, secret }) {
  const response = await fetch(`${apiUrl}/v1/jobs/batch`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/x-ndjson" },
    body: jobs.map((job) => JSON.stringify(job)).join("\n"),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`the api answered ${response.status}: ${text}`);
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}
