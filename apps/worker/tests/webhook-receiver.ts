/** A webhook's receiver, as its owner would write one: every post verified with the library before it is believed. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";

export type Post = { messageId: string; type: string; data: Record<string, unknown>; atMs: number; answered: number };

export type Receiver = {
  url: string;
  secret: string;
  /** Every verified post, in the order of arrival, refused ones too. */
  posts: Post[];
  /** Posts whose signature did not fit. */
  unverified: number;
  /** The posts that were answered 2xx, the first of each id. */
  taken(): Post[];
  /** The status to answer a post with, at once or later; 204 unless set. */
  answer: (post: Omit<Post, "answered">) => number | Promise<number>;
  /** Of the answers that are no success. */
  retryAfter: string | null;
  close(): Promise<void>;
};

/** Starts one on a free port. */
export async function startReceiver(secret = `whsec_${Buffer.alloc(32, 9).toString("base64")}`): Promise<Receiver> {
  const webhook = new Webhook(secret);
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    try {
      const { type, data } = webhook.verify(Buffer.concat(chunks).toString("utf8"), request.headers as Record<string, string>) as Post;
      const post = { messageId: String(request.headers["webhook-id"]), type, data, atMs: performance.now() };
      const answered = await receiver.answer(post);
      receiver.posts.push({ ...post, answered });
      response.writeHead(answered, receiver.retryAfter === null || answered < 300 ? {} : { "retry-after": receiver.retryAfter }).end();
    } catch {
      receiver.unverified += 1;
      response.writeHead(401).end();
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/in/path-secret`,
    secret,
    posts: [],
    unverified: 0,
    taken: () => {
      const seen = new Set<string>();
      return receiver.posts.filter(
        ({ messageId, answered }) => answered < 300 && !seen.has(messageId) && seen.add(messageId) !== undefined,
      );
    },
    answer: () => 204,
    retryAfter: null,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return receiver;
}
