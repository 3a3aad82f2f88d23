/** A TCP or TLS server for tests that sees every byte and answers with any. It must never speak HTTP by itself. */
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, TLSSocket } from "node:tls";

const pem = (name: string): string => readFileSync(new URL(`./tls-test-only/${name}.pem`, import.meta.url), "utf8");
export const TEST_CA = pem("cert");

export type Seen = {
  socket: Socket;
  /** True when a TLS session of an earlier connection was taken up again. */
  resumed: boolean;
  /** Everything that arrived so far. */
  text: () => string;
  /** Settles when a whole request (head and as many body bytes as it says) has arrived. */
  request: Promise<string>;
  /** How the connection ended: `reset`, or `closed` in the usual way. */
  ended: Promise<"reset" | "closed">;
};

export type RawServer = {
  url: string;
  port: number;
  connections: Seen[];
  /** Settles with the first connection. */
  first: Promise<Seen>;
  /** Goes there and back over a connection of its own: what came before on others has been read by then. */
  roundTrip: () => Promise<void>;
  close: () => Promise<void>;
};

const PING = "ping";

/** Starts it on a free port of 127.0.0.1. `onRequest` runs once per connection, with the whole request. */
export async function startRawServer(onRequest: (socket: Socket, text: string) => void, secure = false): Promise<RawServer> {
  const connections: Seen[] = [];
  const first = Promise.withResolvers<Seen>();
  const accept = (socket: Socket): void => {
    const seen = { ...watch(socket, onRequest), resumed: socket instanceof TLSSocket && socket.isSessionReused() };
    connections.push(seen);
    first.resolve(seen);
  };
  const server: Server = secure ? createTlsServer({ key: pem("key"), cert: TEST_CA }, accept) : createServer(accept);
  const ping = createServer((socket) => socket.pipe(socket));
  server.on("tlsClientError", () => undefined);
  await Promise.all([listen(server), listen(ping)]);
  const { port } = server.address() as AddressInfo;
  return {
    url: `${secure ? "https" : "http"}://127.0.0.1:${port}`,
    port,
    connections,
    first: first.promise,
    roundTrip: () => roundTrip((ping.address() as AddressInfo).port),
    close: async () => {
      for (const { socket } of connections) socket.destroy();
      await Promise.all([stop(server), stop(ping)]);
    },
  };
}

/** An HTTP/1.1 answer as text. */
export function httpAnswer(status: number, body: string, headers: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries({ "content-length": String(Buffer.byteLength(body)), ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return `HTTP/1.1 ${status} Whatever\r\n${lines.join("\r\n")}\r\n\r\n${body}`;
}

function watch(socket: Socket, onRequest: (socket: Socket, text: string) => void): Omit<Seen, "resumed"> {
  const request = Promise.withResolvers<string>();
  const ended = Promise.withResolvers<"reset" | "closed">();
  const chunks: Buffer[] = [];
  let asked = false;
  const text = (): string => Buffer.concat(chunks).toString();
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    if (asked || !isWhole(text())) return;
    asked = true;
    request.resolve(text());
    onRequest(socket, text());
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "ECONNRESET" || error.code === "EPIPE") ended.resolve("reset");
  });
  socket.on("close", () => ended.resolve("closed"));
  return { socket, text, request: request.promise, ended: ended.promise };
}

function isWhole(text: string): boolean {
  const headEnd = text.indexOf("\r\n\r\n");
  const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
  return headEnd >= 0 && Buffer.byteLength(text.slice(headEnd + 4)) >= length;
}

async function roundTrip(port: number): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const socket = connect(port, "127.0.0.1", () => socket.write(PING));
    socket.once("data", () => {
      socket.destroy();
      resolve();
    });
    await promise;
  }
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
