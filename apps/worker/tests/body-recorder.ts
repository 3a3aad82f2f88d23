/** Stands before the sandbox and keeps the bodies that workers send, as no journal of the sandbox does: for tests that ask which text left. */
import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

export type BodyRecorder = {
  url: string;
  /** Bodies that were sent, in order of arrival. */
  bodies: Record<string, unknown>[];
  /** Where everything goes on to; to be set before the first call. */
  target: string;
  close(): Promise<void>;
};

/** Starts a recorder on a free port. */
export async function startBodyRecorder(): Promise<BodyRecorder> {
  const server = createServer((incoming, answer) => {
    void json(incoming).then((body) => {
      recorder.bodies.push(body as Record<string, unknown>);
      const text = JSON.stringify(body);
      const headers = { ...incoming.headers, "content-length": Buffer.byteLength(text) };
      const onward = request(new URL(incoming.url ?? "/", recorder.target), { method: "POST", headers, agent: false }, (reply) => {
        answer.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.pipe(answer);
      });
      onward.on("error", () => answer.destroy());
      onward.end(text);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const recorder: BodyRecorder = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies: [],
    target: "",
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return recorder;
}
