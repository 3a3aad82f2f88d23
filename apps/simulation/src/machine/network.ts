/** The connections between the processes of a world and its Redis servers: which server each goes to, what waits on them, and how they break. */
import type { Command, Redis } from "ioredis";
import type { Lab } from "./lab.ts";
import type { SimProcess } from "./sim-process.ts";
import { type Asked, SimRedis } from "./sim-redis.ts";
import type { SimServer } from "./sim-server.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** How long a connection that broke takes to be there again, ms. */
const BACK_AFTER_MS = 50;

export class Network {
  readonly #time: VirtualTime;
  readonly #dice: () => number;
  readonly #clients: SimRedis[] = [];
  readonly #server = new Map<SimProcess, SimServer>();
  readonly commands: Lab["commands"];
  #master: SimServer;
  /** By how much Redis's clock is ahead of everybody else's, ms; below 0: behind. */
  clockAheadMs = 0;

  constructor(time: VirtualTime, master: SimServer, { dice, commands }: { dice: () => number; commands: Lab["commands"] }) {
    this.commands = commands;
    this.#time = time;
    this.#master = master;
    this.#dice = dice;
  }

  get master(): SimServer {
    return this.#master;
  }

  /** Servers that somebody is connected to. */
  get servers(): Set<SimServer> {
    return new Set([this.#master, ...this.#server.values()]);
  }

  serverOf(process: SimProcess): SimServer {
    return this.#server.get(process) ?? this.#master;
  }

  join(client: SimRedis): void {
    this.#clients.push(client);
  }

  leave(client: SimRedis): void {
    this.#clients.splice(this.#clients.indexOf(client), 1);
  }

  connect(process: SimProcess): Redis {
    return new SimRedis(this, process, { maxRetriesPerRequest: null });
  }

  /** The connections that have a command to be carried out now. */
  ready(): SimRedis[] {
    return this.#clients.filter(
      ({ asked, process, backAtMs }) => asked.length > 0 && process.isAlive && !process.isFrozen && backAtMs <= this.#time.nowMs,
    );
  }

  /** The earliest moment at which a connection is back on which something waits, or null. */
  nextBackMs(): number | null {
    const backs = this.#clients
      .filter(({ asked, process }) => asked.length > 0 && process.isAlive && !process.isFrozen)
      .map(({ backAtMs }) => backAtMs);
    return backs.reduce<number | null>((first, ms) => (first === null ? ms : Math.min(first, ms)), null);
  }

  /** The server's words about itself, which are the world's to say; null for a command that is the database's. */
  answersAtOnce({ name, args }: Command, _client: SimRedis): unknown {
    if (name === "info" && String(args[0] ?? "") !== "replication")
      return Buffer.from("redis_version:7.2.0\r\nused_memory:1\r\nmaxmemory:0\r\n");
    if (name === "client") return Buffer.from("OK");
    return null;
  }

  /** Carries out the first command that waits on a connection, and delivers its reply unless it is to be lost. */
  async step(client: SimRedis, { deliver }: { deliver: boolean }): Promise<Asked | null> {
    const [asked] = client.asked;
    if (asked === undefined) return null;
    const server = this.serverOf(client.process);
    const [command] = asked.commands;
    const told = command === undefined ? null : this.#told(command, server);
    if (told !== null) {
      if (deliver) this.#deliverTold(client, asked, told);
      return asked;
    }
    const replies = await server.execute(asked.commands, this.#time.nowMs + this.clockAheadMs);
    // It may have been killed or cut meanwhile, by nobody but the scheduler, which waits for us.
    if (!deliver || client.asked[0] !== asked) return asked;
    client.asked.shift();
    for (const [at, { resolve, reject }] of asked.settle.entries()) {
      const { value, error } = replies[at] ?? {};
      if (error === undefined) resolve(value);
      else reject(error);
    }
    return asked;
  }

  #deliverTold(client: SimRedis, asked: Asked, { value, afterMs }: { value: unknown; afterMs: number }): void {
    client.asked.shift();
    const tell = () => asked.settle[0]?.resolve(value);
    if (afterMs === 0) tell();
    else this.#time.set(client.process, afterMs, tell);
  }

  #told({ name, args }: Command, server: SimServer): { value: unknown; afterMs: number } | null {
    if (name === "info") {
      const replicas = server.replicas.map((_one, at) => `slave${at}:ip=127.0.0.1,port=1,state=online,offset=1,lag=0`);
      const lines = [
        "role:master",
        `master_replid:${server.history.replace(/\W/g, "_")}`,
        `connected_slaves:${replicas.length}`,
        ...replicas,
        "",
      ];
      return { value: Buffer.from(lines.join("\r\n")), afterMs: 0 };
    }
    if (name !== "wait") return null;
    for (const replica of server.replicas) if (this.#dice() < 0.9) this.#follow(server, replica);
    const value = server.replicas.filter(({ has }) => has === server.writes).length;
    return { value, afterMs: value < Number(args[0]) ? Number(args[1]) : 0 };
  }

  /** A replica of the present master comes up with it; those that were promoted, or follow nobody, are not in the list. */
  #follow(server: SimServer, replica: { has: number }): void {
    replica.has = server.writes;
  }

  /** Replicas come up with their masters by themselves, now and then. */
  replicate(): void {
    for (const server of this.servers) for (const replica of server.replicas) if (this.#dice() < 0.15) this.#follow(server, replica);
  }

  cut(process: SimProcess): void {
    for (const client of [...this.#clients]) if (client.process === process) client.cut(BACK_AFTER_MS);
  }

  /** Everybody but `staying` goes to a new master; those stay with the former one. */
  moveTo(master: SimServer, staying: ReadonlySet<SimProcess>): void {
    const former = this.#master;
    this.#master = master;
    const moving = new Set(this.#clients.map(({ process }) => process));
    this.#server.clear();
    for (const process of staying) {
      if (process.isAlive) this.#server.set(process, former);
      moving.delete(process);
    }
    for (const process of moving) this.cut(process);
  }

  /** Processes that stayed with a former master are cut from it and go to the present one. */
  endFormer(): void {
    const left = [...this.#server.keys()];
    this.#server.clear();
    for (const process of left) this.cut(process);
  }
}
