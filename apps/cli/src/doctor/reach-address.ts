/** Whether an address can be connected to. It opens a connection and hangs up: no request is made, so it costs nothing. */
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";

/** Null when a TCP connection, and for https a verified TLS one, was opened within `withinMs`; else why not, in a word or two. */
export async function whyUnreachable(address: string, withinMs: number): Promise<string | null> {
  const url = new URL(address);
  const secure = url.protocol === "https:";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port) || (secure ? 443 : 80);
  return await new Promise((resolve) => {
    const socket = secure ? connectTls({ host, port, servername: host }) : connectTcp({ host, port });
    const end = (why: string | null) => {
      resolve(why);
      socket.destroy();
    };
    socket.setTimeout(withinMs, () => end(`no answer within ${withinMs} ms`));
    socket.once(secure ? "secureConnect" : "connect", () => end(null));
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? "the connection failed"));
  });
}
