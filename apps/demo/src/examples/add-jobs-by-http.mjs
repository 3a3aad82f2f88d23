/** How a service adds jobs by HTTP: one request for any number of them, and a key of its own for each. */
import { createClient } from "@linkup-queue/client";

/**
 * Adds jobs. Sending the same again, after a broken connection or a crash, adds nothing twice. Answers how many were accepted, how many of
 * these were there before, and which lines were refused and why. Throws `ClientError` when the request as a whole failed.
 * @param {readonly import("@linkup-queue/client").Job[]} jobs @param {{ apiUrl: string, secret: string }} at
 */
export async function addJobsByHttp(jobs, { apiUrl, secret }) {
  const client = createClient({ url: apiUrl, token: secret });
  return await client.addJobs({ lines: jobs });
}
