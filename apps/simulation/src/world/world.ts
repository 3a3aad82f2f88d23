/**
 * A simulated world and its scheduler. At each step one process that waits for Redis, or stands between two steps of its own, goes on; which one,
 * and what strikes it there, is the plan's and the seed's. Time moves on when nobody can go on.
 */
import { setImmediate as turn } from "node:timers/promises";
import { RESULTS_QUEUE } from "@linkup-queue/contracts";
import { V1_PRICES } from "@linkup-queue/linkup/prices";
import { createEngine, type Engine, jobDigest } from "@linkup-queue/queue";
import { seededRandom } from "@linkup-queue/sandbox";
import { START_MS, TEST_REDIS_CALL } from "@linkup-queue/testkit";
import { giveWork, lendHand, pauseFor, restoreState } from "../actors/people.ts";
import { Provider } from "../actors/provider.ts";
import { QUEUES, SimWorker } from "../actors/sim-worker.ts";
import type { Lab } from "../machine/lab.ts";
import { Network } from "../machine/network.ts";
import { SETTINGS } from "../machine/settings.ts";
import { SimProcess } from "../machine/sim-process.ts";
import type { SimRedis } from "../machine/sim-redis.ts";
import { SimServer } from "../machine/sim-server.ts";
import { inProcess, VirtualTime } from "../machine/virtual-time.ts";
import type { Fault, Plan } from "../plan/plan.ts";
import { judge, type Told } from "./judge.ts";
import { lookAt } from "./look-at.ts";
import { bull, gate, TAG } from "./names.ts";
import { kindOf, tellStep } from "./tell-step.ts";

export type Report = {
  /** Each promise that broke, in words; none where all held. */
  broken: string[];
  trace: string[];
  steps: number;
  virtualMs: number;
  calls: number;
  struck: Record<Fault["kind"], number>;
};

const HOUSEKEEPING_MS = 5_000;
/** BullMQ's lock of a job whose worker is dead or frozen. */
const LOCK_MS = 10_000;
/** Within this after the last trouble everything must have come to its end. */
const PATIENCE_MS = 15 * 60_000;
const MOST_STEPS = 20_000;
/** Past every window and deadline, and a look of the sweep. */
const TAIL_MS = 10_000;
/** How often somebody looks after what waits for a person, once all is calm. */
const LEND_MS = 30_000;
/** Then, or when all faults have struck, the provider answers well and nothing strikes any more. */
const CALM_AFTER_MS = 40_000;
const CALM_AFTER_STEPS = 150;
const EXPIRE = `for _, key in ipairs(redis.call('KEYS', ARGV[2])) do
  local left = redis.call('PTTL', key)
  if left >= 0 and left <= tonumber(ARGV[1]) then redis.call('DEL', key)
  elseif left >= 0 then redis.call('PEXPIRE', key, left - ARGV[1]) end
end`;

/** The scripts whose answers say how far the state has come. */
const SEEN = /^(?:left|key_beat|key_start)$/;

type Point = { process: SimProcess; go: () => void };

export class World {
  readonly #plan: Plan;
  readonly #lab: Lab;
  readonly #time = new VirtualTime(START_MS);
  readonly #network: Network;
  readonly #provider: Provider;
  readonly #people: SimProcess;
  readonly #engine: Engine;
  readonly #dice: () => number;
  readonly #workers: SimWorker[] = [];
  readonly #slots = new Map<SimProcess, number>();
  readonly #points: Point[] = [];
  readonly #accepted = new Map<string, string>();
  readonly #told: Told[] = [];
  readonly #names = new Map<string, string>();
  readonly #trace: string[] = [];
  readonly #struck: Report["struck"] = { kill: 0, freeze: 0, cut: 0, failover: 0, pause: 0, stop: 0, back: 0, jump: 0 };
  readonly #orphans = new Map<string, number>();
  /** Steps of each kind so far. */
  readonly #counts = new Map<string, number>();
  #faults: Fault[];
  #steps = 0;
  #spawned = 0;
  #servers = 1;
  #housekeeping = false;
  /** How many writes there were before the latest one that each worker counts as seen. */
  /** Moments at which a worker closed the key for a jump, at which marks were written, and of the jump. */
  readonly #closings: number[] = [];
  readonly #marks: number[] = [];
  #jumpedMs: number | null = null;
  readonly #seenAt = new Map<SimProcess, number>();
  #isCalm = false;
  #calmSinceMs = 0;
  #busyHands = 0;

  constructor(plan: Plan, lab: Lab) {
    this.#plan = plan;
    this.#lab = lab;
    this.#faults = [...plan.faults];
    this.#dice = seededRandom(plan.seed ^ 0x2545f491);
    const replicas = Array.from({ length: plan.replicas }, (_none, at) => ({ name: `replica-${at}`, has: 0 }));
    const master = new SimServer(lab.databases[0], { name: "server-1", clockKey: `${TAG}:test-clock`, replicas });
    this.#network = new Network(this.#time, master, { dice: this.#dice, commands: lab.commands });
    this.#provider = new Provider(this.#time, this.#dice);
    this.#people = new SimProcess("people", this.#time);
    this.#engine = this.#engineOf(this.#people);
  }

  #settings(slot = 0) {
    const rateLimit = this.#plan.limit + (slot % 2 === 0 ? 0 : this.#plan.looser);
    return { ...SETTINGS, rateLimit, redisReplicas: this.#plan.replicas };
  }

  #engineOf(process: SimProcess): Engine {
    return inProcess.run(process, () =>
      createEngine({
        client: this.#network.connect(process),
        config: this.#settings(),
        secrets: this.#lab.secrets,
        prices: V1_PRICES,
        scriptOptions: { redisCall: TEST_REDIS_CALL },
      }),
    );
  }

  async run(): Promise<Report> {
    await Promise.all(this.#lab.databases.map((database) => database.flushdb()));
    const { time } = { time: this.#time };
    this.#every(HOUSEKEEPING_MS, () => {
      this.#housekeeping = true;
    });
    for (let at = 0; at < this.#plan.workers; at++) this.#spawn(at);
    const onError = (error: unknown) => this.#note("people", error);
    this.#asPeople(() =>
      giveWork({
        engine: this.#engine,
        plan: this.#plan,
        isOpen: () => this.#plan.looser === 0 || this.#haveStarted(),
        onError,
        onAccepted: (name, jobId) => {
          this.#accepted.set(name, jobId);
          for (const queue of QUEUES) this.#names.set(jobDigest({ queue, id: jobId, timestamp: 0 }), name);
        },
      }),
    );
    this.#every(LEND_MS, () => {
      if (this.#isCalm && this.#busyHands === 0) this.#asPeople(() => lendHand(this.#engine, this.#plan, onError));
    });
    let endedMs: number | null = null;
    let isStuck = false;
    for (;;) {
      await turn();
      const acting = this.#ready();
      if (acting.length > 0) {
        await this.#step(acting[Math.floor(this.#dice() * acting.length)] as SimRedis | Point);
        if (this.#steps > MOST_STEPS) {
          isStuck = true;
          break;
        }
        continue;
      }
      if (this.#housekeeping) {
        this.#housekeeping = false;
        await this.#keepHouse();
        if (this.#isCalm && endedMs === null && (await this.#isOver())) endedMs = time.nowMs;
        if (endedMs !== null && time.nowMs - endedMs >= TAIL_MS) break;
        if (this.#isCalm && time.nowMs - this.#calmSinceMs > PATIENCE_MS) {
          isStuck = true;
          break;
        }
        continue;
      }
      if (await this.#fetchAny()) continue;
      this.#moveOn();
    }
    await this.#see(this.#network.master);
    const broken = await judge({
      plan: this.#plan,
      arrivals: this.#provider.arrivals,
      accepted: this.#accepted,
      told: this.#told,
      database: this.#network.master.real,
      isStuck,
      nowMs: Math.max(time.nowMs, this.#serverNowMs()),
      endedMs: time.nowMs,
      jump: this.#jumpedMs === null ? null : { atMs: this.#jumpedMs, closings: this.#closings, marks: this.#marks },
      limit: this.#plan.limit,
    });
    return {
      broken,
      trace: this.#trace,
      steps: this.#steps,
      virtualMs: time.passedMs,
      calls: this.#provider.arrivals.length,
      struck: this.#struck,
    };
  }

  #every(ms: number, work: () => void): void {
    this.#time.set(null, ms, () => {
      work();
      this.#every(ms, work);
    });
  }

  #asPeople(work: () => Promise<void>): void {
    this.#busyHands += 1;
    void inProcess.run(this.#people, async () => {
      try {
        await work();
      } finally {
        this.#busyHands -= 1;
      }
    });
  }

  /** `slot`: another worker takes its place, with the same settings, when it dies. */
  #spawn(slot: number): void {
    const process = new SimProcess(`worker-${++this.#spawned}`, this.#time);
    const worker = inProcess.run(
      process,
      () =>
        new SimWorker({
          process,
          network: this.#network,
          provider: this.#provider,
          settings: this.#settings(slot),
          secrets: this.#lab.secrets,
          dice: this.#dice,
          watchesState: this.#plan.losesState,
          watchesClock: this.#plan.jumpMs !== 0,
          point: () => new Promise((go) => this.#points.push({ process, go })),
          onError: (error) => this.#note(process.name, error),
        }),
    );
    this.#workers.push(worker);
    this.#slots.set(process, slot);
    worker.run();
  }

  /** Whether in each slot a worker has come up: until then the limit of those that are up holds. */
  #haveStarted(): boolean {
    const started = new Set(this.#workers.filter(({ isReady }) => isReady).map(({ process }) => this.#slots.get(process)));
    return started.size === this.#plan.workers;
  }

  #ready(): (SimRedis | Point)[] {
    return [...this.#network.ready(), ...this.#points.filter(({ process }) => process.isAlive && !process.isFrozen)];
  }

  async #step(acting: SimRedis | Point): Promise<void> {
    this.#steps += 1;
    if (this.#dice() < 0.3) this.#time.nowMs += Math.floor(this.#dice() * 15);
    this.#network.replicate();
    const fault = this.#strike(acting);
    if (fault?.kind === "failover") {
      await this.#failOver(fault);
      return;
    }
    if (fault?.kind === "back") {
      if (fault.side === "after") await this.#goOn(acting);
      await this.#goBack(fault);
      return;
    }
    if (fault?.kind === "jump") await this.#jump(fault.ms);
    if (fault?.side === "before" && fault.kind !== "jump" && fault.kind !== "pause" && fault.kind !== "stop") {
      this.#log(acting, `${fault.kind} before`);
      this.#suffer(acting.process, fault);
      return;
    }
    const deliver = fault === null || fault.kind === "jump" || fault.kind === "freeze" || fault.kind === "pause" || fault.kind === "stop";
    this.#log(acting, fault === null ? "" : `${fault.kind} after`);
    await this.#goOn(acting, { deliver });
    if (fault !== null) this.#suffer(acting.process, fault);
  }

  async #goOn(acting: SimRedis | Point, { deliver = true } = {}): Promise<void> {
    if ("go" in acting) {
      this.#points.splice(this.#points.indexOf(acting), 1);
      acting.go();
      return;
    }
    const kind = kindOf(acting);
    const { losesState, jumpMs } = this.#plan;
    const isWatched = (losesState || jumpMs !== 0) && deliver && SEEN.test(kind) && acting.process !== this.#people;
    const { writes } = this.#network.master;
    const before = isWatched ? await this.#stateCounts() : "";
    await this.#network.step(acting, { deliver });
    if (kind === "key_clock_jumped") this.#closings.push(this.#time.nowMs);
    if (!isWatched || (await this.#stateCounts()) === before) return;
    this.#seenAt.set(acting.process, writes);
    if (kind === "left") this.#marks.push(this.#time.nowMs);
  }

  async #jump(ms: number): Promise<void> {
    this.#network.clockAheadMs = ms;
    this.#jumpedMs = this.#time.nowMs;
    this.#trace.push(`${this.#steps} t=${this.#time.passedMs} REDIS'S CLOCK STEPS by ${ms} ms`);
    if (ms > 0) await this.#network.master.write(this.#serverNowMs(), "eval", EXPIRE, 0, ms, `${TAG}:gate:*`);
  }

  #serverNowMs(): number {
    return this.#time.nowMs + this.#network.clockAheadMs;
  }

  /** The marks and beats that the state counts. */
  async #stateCounts(): Promise<string> {
    return (await this.#network.master.real.hmget(gate("key"), "line", "marks", "beats")).join();
  }

  /** Writes of which some that came after them are known to each worker that lives: so far Redis may go back, as whoever acts first notices (decision 30). */
  #allSaw(): number {
    const alive = this.#workers.filter(({ process }) => process.isAlive);
    return alive.reduce((least, { process }) => Math.min(least, this.#seenAt.get(process) ?? 0), Number.POSITIVE_INFINITY);
  }

  async #goBack({ lacks, isFlushed }: Extract<Fault, { kind: "back" }>): Promise<void> {
    const former = this.#network.master;
    await this.#see(former);
    const database = this.#lab.databases.find((one) => one !== former.real);
    if (database === undefined) throw new Error("there is no second database");
    const has = isFlushed ? 0 : Math.max(0, Math.min(former.writes - lacks, this.#allSaw()));
    this.#servers += 1;
    const server = await former.promote(database, has, { name: `server-${this.#servers}`, replicas: [] });
    this.#trace.push(
      `${this.#steps} t=${this.#time.passedMs} REDIS IS BACK without its last ${former.writes - has} of ${former.writes} writes`,
    );
    this.#network.moveTo(server, new Set());
    const onError = (error: unknown) => this.#note("people", error);
    this.#asPeople(() => restoreState({ engine: this.#engine, plan: this.#plan, onError }, () => new Set(this.#accepted.keys())));
  }

  /** The fault that is due at this step and can strike this process. */
  #strike(acting: SimRedis | Point): Fault | null {
    const kind = "go" in acting ? "hand-over" : kindOf(acting);
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    const isPeople = acting.process === this.#people;
    const at = this.#faults.findIndex(
      (fault) =>
        (fault.of === "any" ? fault.at <= this.#steps : fault.of === kind && fault.at <= count) &&
        (fault.kind !== "back" || this.#allSaw() > 0) &&
        !(isPeople && (fault.kind === "kill" || fault.kind === "freeze")),
    );
    const [fault] = at === -1 ? [] : this.#faults.splice(at, 1);
    if (fault === undefined) return null;
    this.#struck[fault.kind] += 1;
    return fault;
  }

  #suffer(process: SimProcess, fault: Fault): void {
    const onError = (error: unknown) => this.#note("people", error);
    switch (fault.kind) {
      case "kill":
        process.kill();
        this.#time.set(null, 1_000 + this.#dice() * 4_000, () => this.#spawn(this.#slots.get(process) ?? 0));
        return;
      case "freeze":
        process.freeze(fault.ms);
        return;
      case "cut":
        this.#network.cut(process);
        return;
      case "pause":
        this.#asPeople(() => pauseFor(this.#engine, { account: fault.account, ms: fault.ms, onError }));
        return;
      case "stop":
        this.#asPeople(() => pauseFor(this.#engine, { account: null, ms: fault.ms, onError }));
        return;
      case "failover":
      case "back":
      case "jump":
    }
  }

  async #failOver(fault: Extract<Fault, { kind: "failover" }>): Promise<void> {
    await this.#endSplit();
    const former = this.#network.master;
    const promoted = former.replicas[fault.replica % Math.max(1, former.replicas.length)];
    if (promoted === undefined) return;
    await this.#see(former);
    const others = former.replicas.filter((replica) => replica !== promoted);
    const isSplit = fault.splitMs > 0;
    const database = this.#lab.databases.find((one) => one !== former.real);
    if (database === undefined) throw new Error("there is no second database");
    this.#servers += 1;
    const followers = isSplit
      ? fault.othersStay
        ? []
        : others.map(({ name, has }) => ({ name, has: Math.min(has, promoted.has) }))
      : this.#replicasAt(promoted.has);
    const server = await former.promote(database, promoted.has, { name: `server-${this.#servers}`, replicas: followers });
    this.#trace.push(
      `${this.#steps} t=${this.#time.passedMs} FAILOVER to ${promoted.name}, without the last ${former.writes - promoted.has} writes${isSplit ? `, split for ${fault.splitMs} ms` : ""}`,
    );
    former.replicas = fault.othersStay ? others : [];
    const alive = [this.#people, ...this.#workers.map(({ process }) => process)].filter((process) => process.isAlive);
    const staying = new Set(isSplit ? [alive[fault.staying % alive.length] as SimProcess] : []);
    this.#network.moveTo(server, staying);
    if (isSplit) {
      this.#time.set(null, fault.splitMs, () => {
        this.#splitOver = true;
      });
    }
  }

  #splitOver = false;

  #replicasAt(has: number) {
    return Array.from({ length: this.#plan.replicas }, (_none, at) => ({ name: `replica-${at}-of-${this.#servers}`, has }));
  }

  async #endSplit(): Promise<void> {
    this.#splitOver = false;
    const { master, servers } = this.#network;
    for (const server of servers) if (server !== master) await this.#see(server);
    this.#network.endFormer();
    if (master.replicas.length < this.#plan.replicas) master.replicas = this.#replicasAt(master.writes);
  }

  /** Notes the outcomes that consumers of this server's results have been told. */
  async #see(server: SimServer): Promise<void> {
    const ids = await server.real.lrange(bull(RESULTS_QUEUE, "wait"), 0, -1);
    for (const id of ids) this.#told.push({ id, text: (await server.real.hget(bull(RESULTS_QUEUE, id), "data")) ?? "" });
  }

  /** Jobs that lie there to be fetched are fetched by whoever is free. */
  async #fetchAny(): Promise<boolean> {
    const { nowMs } = this.#time;
    // Nothing came, nobody got free, and nothing is due: there is nothing new to be found.
    const seen =
      [...this.#network.servers].map(({ name, moves }) => `${name}:${moves}`).join() +
      this.#workers.map((worker) => worker.isFree("auth")).join() +
      this.#freed();
    if (seen === this.#seen && nowMs < this.#dueMs) return false;
    this.#seen = seen;
    this.#dueMs = Number.POSITIVE_INFINITY;
    let any = false;
    for (const server of this.#network.servers) {
      const { queues } = await lookAt(server);
      for (const [at, queue] of QUEUES.entries()) {
        const { waiting = 0, due = "" } = queues[at] ?? {};
        const dueMs = due === "" ? Number.POSITIVE_INFINITY : Number(due) / 4_096;
        if (dueMs > nowMs) this.#dueMs = Math.min(this.#dueMs, dueMs);
        if (waiting === 0 && dueMs > nowMs) {
          if (dueMs - nowMs < 3_600_000) this.#wakeAt(dueMs);
          continue;
        }
        const free = this.#workers.filter((worker) => worker.isFree(queue) && this.#network.serverOf(worker.process) === server);
        const worker = free[Math.floor(this.#dice() * free.length)];
        if (worker === undefined) continue;
        worker.fetch(queue);
        any = true;
      }
    }
    return any;
  }

  #seen = "";
  #dueMs = 0;
  #wakesAtMs = 0;

  #freed(): number {
    return this.#workers.reduce((sum, { freed }) => sum + freed, 0);
  }

  #wakeAt(ms: number): void {
    if (this.#wakesAtMs > this.#time.nowMs && this.#wakesAtMs <= ms) return;
    this.#wakesAtMs = ms;
    this.#time.set(null, ms - this.#time.nowMs, () => undefined);
  }

  #moveOn(): void {
    if (!this.#isCalm && (this.#time.passedMs > CALM_AFTER_MS || (this.#faults.length === 0 && this.#steps > CALM_AFTER_STEPS))) {
      this.#isCalm = true;
      this.#calmSinceMs = this.#time.nowMs;
      this.#provider.isCalm = true;
      this.#faults = [];
    }
    const timer = this.#time.next();
    const backMs = this.#network.nextBackMs();
    if (timer === null) throw new Error("the world has no timer");
    if (backMs !== null && backMs < timer.atMs) {
      this.#time.nowMs = Math.max(this.#time.nowMs, backMs);
      return;
    }
    this.#time.fire(timer);
  }

  /** Keys expire, locks of the dead and the frozen run out, BullMQ looks for stalled jobs, and a split ends. */
  async #keepHouse(): Promise<void> {
    if (this.#splitOver) await this.#endSplit();
    const nowMs = this.#serverNowMs();
    for (const server of this.#network.servers) {
      await server.write(nowMs, "eval", EXPIRE, 0, HOUSEKEEPING_MS, `${TAG}:gate:*`);
      const { queues } = await lookAt(server);
      for (const [at, queue] of QUEUES.entries()) {
        const active = queues[at]?.active;
        if (Array.isArray(active) && active.length > 0) await this.#expireLocks(server, queue, active);
      }
    }
  }

  async #expireLocks(server: SimServer, queue: (typeof QUEUES)[number], active: readonly (readonly [string, string])[]): Promise<void> {
    const { nowMs } = this.#time;
    const serverNowMs = this.#serverNowMs();
    let isLoose = false;
    for (const [lock, token] of active) {
      const holder = this.#workers.find(({ tokens, process }) => tokens.has(token) && process.isAlive && !process.isFrozen);
      if (holder !== undefined && this.#network.serverOf(holder.process) === server) continue;
      isLoose = true;
      if (token === "") continue;
      const since = this.#orphans.get(lock + token) ?? nowMs;
      this.#orphans.set(lock + token, since);
      if (nowMs - since >= LOCK_MS) await server.write(serverNowMs, "del", lock);
    }
    if (!isLoose) return;
    await server.write(serverNowMs, "del", bull(queue, "stalled-check"));
    const looker = this.#workers.find(({ process }) => process.isAlive && !process.isFrozen && this.#network.serverOf(process) === server);
    looker?.checkStalled(queue);
  }

  async #isOver(): Promise<boolean> {
    if (this.#accepted.size < this.#plan.jobs.length || this.#busyHands > 0 || this.#network.servers.size > 1) return false;
    if (this.#workers.some(({ process, tokens }) => process.isAlive && tokens.size > 0)) return false;
    const { real } = this.#network.master;
    if ((await lookAt(this.#network.master)).results < this.#accepted.size) return false;
    const states = await Promise.all(this.#plan.accounts.map(({ id }) => real.hget(gate(`account:${id}`), "state")));
    return states.every((state) => state === "active");
  }

  #note(who: string, error: unknown): void {
    this.#trace.push(
      `${this.#steps} t=${this.#time.passedMs} ${who} met: ${error instanceof Error ? error.message.slice(0, 160) : String(error)}`,
    );
  }

  #log(acting: SimRedis | Point, fault: string): void {
    this.#trace.push(
      `${this.#steps} t=${this.#time.passedMs} ${acting.process.name} ${"go" in acting ? "hands its request over" : tellStep(acting, this.#names)}${fault === "" ? "" : ` <== ${fault}`}`,
    );
  }
}
