/** Requests as no client would write them: bytes on a socket, and all that comes back. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A socket to the api that never throws. */
export async function openSocket(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

/** Writes bytes and reads until the server has closed the connection, or `endsWith` has come. */
export async function sendRaw(port: number, bytes: string, { until }: { until?: RegExp } = {}): Promise<string> {
  const socket = await openSocket(port);
  let text = "";
  const told = new Promise<void>((resolve) => {
    socket.on("close", () => resolve());
    socket.on("data", (chunk) => {
      text += String(chunk);
      if (until?.test(text) === true) resolve();
    });
  });
  socket.write(bytes);
  await told;
  socket.destroy();
  return text;
}
