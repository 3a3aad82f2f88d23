/** How a service adds jobs by HTTP: one request for any number of them, a key of its own for each, and an answer for each line. */

export type HttpJob = { operation: string; accountId: string; input: Readonly<Record<string, unknown>>; idempotencyKey: string };
export type HttpAnswer = { line: number; jobId?: string; duplicate?: boolean; error?: { code: string; message: string } };

/** Adds jobs. Sending the same again, after a broken connection or a crash, adds nothing twice. Throws when the request as a whole failed. */
export async function addJobsByHttp(
  jobs: readonly HttpJob[],
  { apiUrl, secret }: { apiUrl: string; secret: string },
): Promise<HttpAnswer[]> {
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
    .map((line) => JSON.parse(line) as HttpAnswer);
}
