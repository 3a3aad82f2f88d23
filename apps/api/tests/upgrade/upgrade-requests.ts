/** The requests of producers, the same when the fixture is taken and when its keys are used again; and the ways to send it in lines. */
import { hash } from "node:crypto";
import type { OperationName } from "@linkup-queue/contracts";
import { SECRETS } from "../fixture.ts";
import type { UpgradeSystem } from "./upgrade-system.ts";

export const personOf = (name: string): string => `https://www.linkedin.com/in/${name}`;

/** The input of a job of this name. No two have one target, so that the provider's journal tells them apart. */
export function inputOf(operation: OperationName, name: string): { target: string; input: Record<string, unknown> } {
  if (operation === "post.react") {
    const digits = BigInt(`0x${hash("sha256", name, "hex").slice(0, 15)}`)
      .toString()
      .padStart(19, "7");
    const target = `https://www.linkedin.com/feed/update/urn:li:activity:${digits}`;
    return { target, input: { post_url: target } };
  }
  const target = personOf(name);
  return { target, input: { linkedin_url: target, ...(operation === "message.send" ? { message_text: `Hello ${name}` } : {}) } };
}

/** The door's answer to one line. */
export type LineAnswer = { line: number; jobId?: string; duplicate?: boolean; error?: unknown };

/** Sends lines as one body; answers one object for each line of the answer. */
export async function sendLines(
  { api: { api } }: UpgradeSystem,
  path: string,
  { lines, key }: { lines: readonly unknown[]; key?: string },
): Promise<LineAnswer[]> {
  const response = await fetch(`${api.url}${path}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${SECRETS.producer}`,
      "content-type": "application/x-ndjson",
      ...(key === undefined ? {} : { "idempotency-key": key }),
    },
    body: lines.map((line) => JSON.stringify(line)).join("\n"),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as LineAnswer);
}
