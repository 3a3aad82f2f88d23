/** How an upload is cut into batches: by rows, and by their size, so that long rows take no more memory than many. */

import { ndjsonRows } from "@linkup-queue/campaign-files";
import { type AcceptBatch, type Campaign, CampaignDefinition } from "@linkup-queue/queue";
import { expect, test } from "vitest";
import { noRecipients, takeRecipients } from "./take-recipients.ts";

const definition = CampaignDefinition.parse({
  name: "N",
  operation: "message.send",
  accountIds: ["ada"],
  input: { linkedin_url: "{{linkedin_url}}", message_text: "Hello" },
});

async function batchesOf(rows: number, noteLength: number): Promise<number[]> {
  const line = (n: number) => `${JSON.stringify({ linkedin_url: `https://www.linkedin.com/in/p-${n}`, note: "x".repeat(noteLength) })}\n`;
  async function* chunks() {
    for (let n = 0; n < rows; n++) yield Buffer.from(line(n));
  }
  const sizes: number[] = [];
  const counts = noRecipients();
  const stopped = await takeRecipients({
    chunks: chunks(),
    rows: ndjsonRows(),
    campaign: { id: "c", definition, revision: 1, recipients: { accepted: 0 } } as Campaign,
    accept: async ({ recipients }: AcceptBatch) => {
      sizes.push(recipients.length);
      return { accepted: recipients.length, duplicates: 0, next: 0 };
    },
    counts,
    onRejected: (_place, error) => {
      throw error;
    },
  });
  expect(stopped).toBeNull();
  expect(counts).toMatchObject({ accepted: rows, duplicates: 0, rejected: 0 });
  return sizes;
}

test("a batch has 1,000 rows", async () => {
  expect(await batchesOf(2_500, 10)).toEqual([1_000, 1_000, 500]);
});

test("a batch of long rows goes at half a million characters", async () => {
  const sizes = await batchesOf(40, 60_000);
  expect(sizes.slice(0, -1).every((size) => size === 9)).toBe(true);
  expect(sizes).toHaveLength(5);
});
