/** A webhook's receiver that keeps what it was posted by its id. It answers every post, and believes what it reads: signatures are a test's subject. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";
import type { Told } from "../measure/campaign-evidence.ts";

const Body = z.object({ data: z.object({ outcomeId: z.string(), campaignId: z.string().nullable(), recipientId: z.string().nullable() }) });

export type WebhookSink = {
  url: string;
  secret: string;
  /** By `webhook-id`, in the order of arrival. */
  taken: ReadonlyMap<string, Told>;
  /** Posts whose id was there before: at least once is what is promised. */
  repeats(): number;
  close(): Promise<void>;
};

/** Starts one on a free port. */
export async function startWebhookSink(): Promise<WebhookSink> {
  const taken = new Map<string, Told>();
  let repeats = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const id = String(request.headers["webhook-id"]);
      const { data } = Body.parse(JSON.parse(Buffer.concat(chunks).toString("utf8")));
      if (taken.has(id)) repeats += 1;
      taken.set(id, data);
      response.writeHead(204).end();
    } catch {
      // A worker that was killed in mid-post, or a body that is none: it comes again.
      response.writeHead(400).end();
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    secret: `whsec_${Buffer.alloc(32, 7).toString("base64")}`,
    taken,
    repeats: () => repeats,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
