/**
 * A process's connection to Redis in a simulated world: an ioredis client whose commands wait until the scheduler carries them out. Everything above
 * it, the engine and BullMQ, is the product's own.
 */
import { type Command, Redis, type RedisOptions } from "ioredis";
import type { Network } from "./network.ts";
import type { SimProcess } from "./sim-process.ts";
import { inProcess } from "./virtual-time.ts";

/** One command or a transaction, which the server carries out as one. */
export type Asked = {
  commands: Command[];
  settle: { resolve: (value: unknown) => void; reject: (error: Error) => void }[];
};

/** ioredis's own error for a command that was under way when the connection broke and may not be sent again. */
function notSentAgain(): Error {
  const error = new Error('Reached the max retries per request limit (which is 0). Refer to "maxRetriesPerRequest" option for details.');
  error.name = "MaxRetriesPerRequestError";
  return error;
}

export class SimRedis extends Redis {
  readonly process: SimProcess;
  readonly asked: Asked[] = [];
  /** Nothing goes out before: the connection is being made anew. */
  backAtMs = 0;
  readonly #network: Network;
  #transaction: Asked | null = null;

  constructor(network: Network, process: SimProcess, options: RedisOptions) {
    super({ ...options, lazyConnect: true } as object);
    this.#network = network;
    this.process = process;
    Reflect.set(this, "status", "ready");
    // Its declared type follows the options, which a subclass can't repeat.
    Reflect.set(this, "duplicate", (override: RedisOptions = {}) => new SimRedis(network, process, { ...options, ...override }));
    Object.assign(this, network.commands.functions);
    Reflect.set(this, "scriptsSet", network.commands.scripts);
    network.join(this);
  }

  override sendCommand(command: Command): Promise<unknown> {
    command.setReplyContext(this.options as Parameters<Command["setReplyContext"]>[0]);
    const { resolve, reject } = command;
    const settle = {
      resolve: (value: unknown) => resolve.call(command, value as never),
      reject: (error: Error) => reject.call(command, error),
    };
    const known = this.#network.answersAtOnce(command, this);
    if (this.status === "end") settle.reject(new Error("Connection is closed."));
    else if (known !== null) settle.resolve(known);
    else this.#ask(command, settle);
    return command.promise;
  }

  #ask(command: Command, settle: Asked["settle"][number]): void {
    if (command.name === "multi") this.#transaction = { commands: [], settle: [] };
    const asked = this.#transaction ?? { commands: [], settle: [] };
    asked.commands.push(command);
    asked.settle.push(settle);
    if (this.#transaction === null || command.name === "exec") {
      this.#transaction = null;
      this.asked.push(asked);
    }
  }

  override connect(): Promise<void> {
    return Promise.resolve();
  }

  override disconnect(reconnect = false): void {
    if (reconnect) {
      this.cut(0);
      return;
    }
    Reflect.set(this, "status", "end");
    for (const { settle } of this.asked.splice(0)) for (const { reject } of settle) reject(new Error("Connection is closed."));
    this.#network.leave(this);
    this.emit("end");
  }

  /** The connection breaks; what was under way is asked again once it is back, after `forMs`, as ioredis does. */
  cut(forMs: number): void {
    this.backAtMs = this.process.time.nowMs + forMs;
    inProcess.run(this.process, () => this.emit("close"));
    if (this.options.maxRetriesPerRequest !== 0) return;
    for (const { settle } of this.asked.splice(0)) for (const { reject } of settle) reject(notSentAgain());
  }
}
