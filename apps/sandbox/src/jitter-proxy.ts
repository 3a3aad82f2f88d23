/**
 * A TCP proxy that makes the way in uneven: each chunk that a client sends waits a random time, in order, before it goes on.
 * For attacking rate windows, stalls and refusals. It never changes, drops or reorders bytes.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { seededRandom } from "./scenario/seeded-random.ts";

export type JitterProxyOptions = {
  /** `http://host:port` or `host:port`. */
  target: string;
  delayMs: { min: number; max: number };
  seed?: number;
};

export type JitterProxy = {
  url: string;
  port: number;
  /** Connections that are open now. */
  connections(): number;
  /** From now on nothing passes, either way; connections are still accepted. */
  stall(): void;
  /** New connections are refused; open ones stay. */
  refuse(): Promise<void>;
  /** Ends a stall and a refusal; what waited goes on in order. */
  resume(): Promise<void>;
  /** Resets every open connection. */
  cut(): void;
  close(): Promise<void>;
};

/** One direction of one connection: chunks leave in order, each when its time has come and the gate is open. */
class Lane {
  readonly #queue: { dueMs: number; act: () => void }[] = [];
  #lastDueMs = 0;
  #timer: NodeJS.Timeout | null = null;
  #stalled: boolean;

  constructor(stalled: boolean) {
    this.#stalled = stalled;
  }

  add(delayMs: number, act: () => void): void {
    this.#lastDueMs = Math.max(this.#lastDueMs, performance.now() + delayMs);
    this.#queue.push({ dueMs: this.#lastDueMs, act });
    this.#run();
  }

  setStalled(stalled: boolean): void {
    this.#stalled = stalled;
    this.#run();
  }

  clear(): void {
    this.#queue.length = 0;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #run(): void {
    if (this.#stalled || this.#timer !== null) return;
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      const waitMs = head.dueMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => {
          this.#timer = null;
          this.#run();
        }, Math.ceil(waitMs));
        return;
      }
      this.#queue.shift();
      head.act();
    }
  }
}

type Pair = { client: Socket; upstream: Socket; lanes: Lane[] };

/** Starts the proxy on a free port of 127.0.0.1. `delayMs` is drawn evenly for each chunk on the way in; the way back is not delayed. */
export async function startJitterProxy(options: JitterProxyOptions): Promise<JitterProxy> {
  const target = new URL(options.target.includes("://") ? options.target : `http://${options.target}`);
  const random = seededRandom(options.seed ?? 1);
  const drawMs = (): number => options.delayMs.min + random() * (options.delayMs.max - options.delayMs.min);
  const pairs = new Set<Pair>();
  let stalled = false;

  const accept = (client: Socket): void => {
    const upstream = connect({ host: target.hostname, port: Number(target.port), allowHalfOpen: true, noDelay: true });
    client.setNoDelay(true);
    const pair: Pair = { client, upstream, lanes: [] };
    pairs.add(pair);
    const wayIn = link(client, upstream, drawMs);
    const wayBack = link(upstream, client, () => 0);
    pair.lanes.push(wayIn, wayBack);
    // A reset of the client becomes an end: passed on as a reset it could overtake, and so drop, what the client had sent before.
    client.on("error", () => wayIn.add(0, () => upstream.destroySoon()));
    upstream.on("error", () => wayBack.add(0, () => reset(client)));
    for (const lane of pair.lanes) lane.setStalled(stalled);
    const forget = (): void => {
      if (!client.destroyed || !upstream.destroyed) return;
      for (const lane of pair.lanes) lane.clear();
      pairs.delete(pair);
    };
    client.on("close", forget);
    upstream.on("close", forget);
  };

  const server = createServer({ allowHalfOpen: true }, accept);
  await listen(server, 0);
  const { port } = server.address() as AddressInfo;
  const setStalled = (value: boolean): void => {
    stalled = value;
    for (const { lanes } of pairs) for (const lane of lanes) lane.setStalled(value);
  };
  const cut = (): void => {
    for (const { client, upstream, lanes } of pairs) {
      for (const lane of lanes) lane.clear();
      reset(client);
      reset(upstream);
    }
  };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    connections: () => pairs.size,
    stall: () => setStalled(true),
    // close() stops listening at once; its callback would wait for the open connections, which are to stay.
    refuse: async () => void server.close(),
    resume: async () => {
      if (!server.listening) await listen(server, port);
      setStalled(false);
    },
    cut,
    close: async () => {
      server.close();
      const open = [...pairs].flatMap(({ client, upstream }) => [client, upstream]).filter((socket) => !socket.closed);
      const closed = open.map((socket) => new Promise((resolve) => socket.once("close", resolve)));
      cut();
      await Promise.all(closed);
    },
  };
}

/** Carries bytes and the end of one side to the other, in order and each after its delay: what was sent before a crash still arrives. */
function link(from: Socket, to: Socket, delayMs: () => number): Lane {
  const lane = new Lane(true);
  from.on("data", (bytes: Buffer) => lane.add(delayMs(), () => void (to.destroyed || to.write(bytes))));
  from.on("end", () => lane.add(0, () => void (to.destroyed || to.end())));
  return lane;
}

/** A socket that has sent its end can't be reset any more (EINVAL): it is only destroyed. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
}
