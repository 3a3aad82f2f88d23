/**
 * A Redis server of a simulated world: a database of a real one, with the log of all writes that it took and the replicas that follow it. A replica
 * is how far it has come in that log; promoted, it is the log so far, written anew into another database.
 */
import { Command, type Redis } from "ioredis";

type Write = { clockMs: number; name: string; args: (string | Buffer)[] };
export type Replica = { name: string; has: number };

/** Commands that change nothing need not be in the log. */
const READS = new Set(
  "get hget hmget hgetall hexists hlen exists lrange llen zrange zrangebyscore zcard zcount zscore smembers scard sismember ttl pttl time ping keys type lpos mget strlen zrevrange zlexcount hkeys scan".split(
    " ",
  ),
);

/** Commands of BullMQ's, and the scripts of ours that put jobs into queues. */
const MOVES = /^(?:eval|evalsha|exec|del)$|_(?:settle|confirm_park|sweep|account_event|gate)_/;

export class SimServer {
  readonly name: string;
  readonly real: Redis;
  /** The name of its history, as `master_replid` tells it. */
  readonly history: string;
  replicas: Replica[];
  readonly #clockKey: string;
  readonly #log: Write[] = [];
  #clockMs = Number.NaN;
  #moves = 0;

  /** `real`: a connection to an empty database of its own. `clockKey`: where our scripts read the time. */
  constructor(real: Redis, { name, clockKey, replicas }: { name: string; clockKey: string; replicas: Replica[] }) {
    this.real = real;
    this.name = name;
    this.history = `history-of-${name}`;
    this.replicas = replicas;
    this.#clockKey = clockKey;
  }

  /** How many writes it took. */
  get writes(): number {
    return this.#log.length;
  }

  /** How many of them may have put a job where it can be fetched. */
  get moves(): number {
    return this.#moves;
  }

  #setClock(nowMs: number): void {
    if (nowMs === this.#clockMs) return;
    this.#clockMs = nowMs;
    this.real.set(this.#clockKey, nowMs).catch(() => undefined);
  }

  /** Carries commands out one behind the other, with nothing between them. Each is settled by the raw reply; none rejects. */
  async execute(commands: readonly Command[], nowMs: number): Promise<Reply[]> {
    const { stream } = this.real;
    stream.cork();
    this.#setClock(nowMs);
    const replies = commands.map((command) => this.#send(command));
    stream.uncork();
    for (const { name, args } of commands) {
      if (MOVES.test(name === "fcall" ? String(args[0] ?? "") : name)) this.#moves += 1;
      if (!READS.has(name.toLowerCase())) this.#log.push({ clockMs: nowMs, name, args: [...args] as (string | Buffer)[] });
    }
    return await Promise.all(replies);
  }

  /** A command of the world itself, which goes by the same log. */
  async write(nowMs: number, name: string, ...args: (string | number)[]): Promise<unknown> {
    const [reply] = await this.execute([new Command(name, args.map(String))], nowMs);
    if (reply?.error !== undefined) throw reply.error;
    return reply?.value;
  }

  #send(command: Command): Promise<Reply> {
    return new Promise((resolve) => {
      // The command's own promise is settled by whoever delivers the reply to the process that asked.
      command.resolve = (value: unknown) => resolve({ value });
      command.reject = (error: Error) => resolve({ error });
      void this.real.sendCommand(command);
    });
  }

  /** Writes the first `count` writes of this server's log into an empty database, which becomes a server of its own. */
  async promote(real: Redis, count: number, { name, replicas }: { name: string; replicas: Replica[] }): Promise<SimServer> {
    await real.flushdb();
    const promoted = new SimServer(real, { name, clockKey: this.#clockKey, replicas });
    const sent: Promise<unknown>[] = [];
    for (const write of this.#log.slice(0, count)) {
      promoted.#log.push(write);
      promoted.#setClock(write.clockMs);
      const command = new Command(write.name, [...write.args]);
      command.promise.catch(() => undefined);
      sent.push(Promise.resolve(real.sendCommand(command)).catch(() => undefined));
    }
    await Promise.all(sent);
    return promoted;
  }
}

export type Reply = { value?: unknown; error?: Error };
