/**
 * The network in front of one Redis server on 127.0.0.1: a TCP proxy under whose port all others know it. It can hold back what replicas are sent, as a
 * distant or busy replica is behind, and let through only the parties of one side, as a network that is split does.
 * A party is known by the loopback address that it connects from.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** The address of a party that says nothing of its own. */
export const HOME = "127.0.0.1";
/** The address of parties on the other side of a split. Linux has the whole of 127.0.0.0/8. */
export const AWAY = "127.0.0.2";
/** Arguments of Node, and an environment, for a process on the other side. */
export const AWAY_PROCESS = {
  args: ["--import", new URL("./from-address.ts", import.meta.url).href],
  env: { TEST_FROM_ADDRESS: AWAY },
} as const;
/** The command with which a replica asks its master for the stream of writes. */
const ASKS_FOR_WRITES = /\bPSYNC\b/;
/** The handshake of a replica is shorter. */
const HANDSHAKE_BYTES = 4_096;

type Pair = { from: string; near: Socket; far: Socket; swallowed: boolean };

export class ServerLink {
  readonly #server: Server;
  readonly #lagMs: number;
  readonly #pairs = new Set<Pair>();
  #serverPort = 0;
  #side: string | null = null;

  private constructor(server: Server, lagMs: number) {
    this.#server = server;
    this.#lagMs = lagMs;
    server.on("connection", (near) => this.#join(near));
  }

  /** `lagMs`: how long each write is on its way to a replica. */
  static async open({ lagMs = 0 }: { lagMs?: number } = {}): Promise<ServerLink> {
    const server = createServer();
    const link = new ServerLink(server, lagMs);
    server.listen(0, HOME);
    await once(server, "listening");
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Where the server itself listens. Until then nothing is let through. */
  leadTo(serverPort: number): void {
    this.#serverPort = serverPort;
  }

  /** From now on only parties of this side get through; the connections of others are swallowed, as by a network that is cut. Null: all do. */
  onlyFrom(side: string | null): void {
    this.#side = side;
    if (side !== null) return;
    // A connection that lost bytes can't go on.
    for (const pair of this.#pairs) if (pair.swallowed) this.#end(pair);
  }

  async close(): Promise<void> {
    for (const pair of this.#pairs) this.#end(pair);
    this.#server.close();
    await once(this.#server, "close");
  }

  #passes({ from }: Pair): boolean {
    return this.#side === null || this.#side === from;
  }

  #join(near: Socket): void {
    const far = connect(this.#serverPort, HOME);
    const pair = { from: near.remoteAddress ?? "", near, far, swallowed: false };
    this.#pairs.add(pair);
    let handshake = "";
    let isReplica = false;
    near.on("data", (bytes) => {
      if (!this.#passes(pair)) return swallow(pair);
      if (!isReplica && handshake.length < HANDSHAKE_BYTES) {
        handshake += bytes.toString("latin1");
        isReplica = ASKS_FOR_WRITES.test(handshake);
      }
      far.write(bytes);
    });
    far.on("data", (bytes) => {
      if (!this.#passes(pair)) return swallow(pair);
      if (!isReplica || this.#lagMs === 0) return void near.write(bytes);
      setTimeout(() => {
        if (!near.destroyed && !pair.swallowed) near.write(bytes);
      }, this.#lagMs);
    });
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      // The other end may be killed on purpose; what was on its way then is gone.
      socket.on("error", () => undefined);
      // A party that is cut off hears of no end.
      socket.on("close", () => pair.swallowed || this.#end(pair));
    }
  }

  #end(pair: Pair): void {
    this.#pairs.delete(pair);
    pair.near.destroy();
    pair.far.destroy();
  }
}

function swallow(pair: Pair): void {
  pair.swallowed = true;
  pair.near.pause();
  pair.far.pause();
}
