/**
 * A queue, workers and a provider around the real gate, with a clock of the test's own: jobs come in batches, leave when the gate lets them, and are
 * answered after a while. Each job has an account of its own, so that the window and its pace alone hold jobs back.
 */
import type { Rig, RigJob } from "./rig.ts";

/** A batch that comes so long after the one before; `callMs`: how long its calls take. */
export type Batch = { afterMs: number; size: number; callMs: number; urgent: boolean };

type Call = { fromMs: number; toMs: number };
type Out = { job: RigJob; callId: string; epoch: number; backMs: number; call: Call };
type Waiting = { job: RigJob; callMs: number; cameMs: number; batch: number };

/** When a batch came: how many jobs waited before it, how many slots were free, and when the last of it left. */
export type Came = Batch & { cameMs: number; waited: number; free: number; leftMs: number };

const QUEUE = "posts";
const URGENT = 1;
const BULK = 100;

export class PaceModel {
  readonly calls: Call[] = [];
  readonly came: Came[] = [];
  /** The longest time for which no slot was free while bulk work waited, ms. */
  longestFullMs = 0;
  readonly #rig: Rig;
  readonly #limit: number;
  readonly #accounts: readonly string[];
  readonly #waiting: Waiting[] = [];
  readonly #out: Out[] = [];
  readonly #askMs = { urgent: 0, bulk: 0 };
  #fullSinceMs: number | null = null;
  #jobs = 0;

  constructor(rig: Rig, { limit, accounts }: { limit: number; accounts: readonly string[] }) {
    this.#rig = rig;
    this.#limit = limit;
    this.#accounts = accounts;
  }

  /** Lets these batches come, and time go on until all their jobs have left. */
  async run(batches: readonly Batch[]): Promise<void> {
    for (const batch of batches) {
      await this.#until(this.#rig.nowMs + batch.afterMs);
      await this.#come(batch);
    }
    while (this.#waiting.length > 0) await this.#until(this.#rig.nowMs + 60_000);
  }

  /** The worst placement of arrivals: a window meets as many as there are calls that may arrive in it. */
  mostInWindow(windowMs: number): number {
    return Math.max(
      0,
      ...this.calls.map(({ toMs }) => this.calls.filter((call) => call.toMs >= toMs && call.fromMs <= toMs + windowMs).length),
    );
  }

  async #come(batch: Batch): Promise<void> {
    const { client } = this.#rig;
    const free = this.#limit - (await this.#busy());
    this.came.push({ ...batch, cameMs: this.#rig.nowMs, waited: this.#waiting.length, free, leftMs: Number.POSITIVE_INFINITY });
    for (let n = 0; n < batch.size; n++) {
      const account = this.#accounts[this.#jobs % this.#accounts.length] ?? "";
      const job = await this.#rig.job(account, { queue: QUEUE, priority: batch.urgent ? URGENT : BULK });
      this.#jobs += 1;
      await client.lpush(this.#rig.bull(QUEUE, "wait"), job.ref.id);
      this.#waiting.push({ job, callMs: batch.callMs, cameMs: this.#rig.nowMs, batch: this.came.length - 1 });
    }
    this.#askMs[batch.urgent ? "urgent" : "bulk"] = this.#rig.nowMs;
    await this.#serve();
  }

  /** Time goes on to this moment, from answer to answer and from question to question. */
  async #until(untilMs: number): Promise<void> {
    for (;;) {
      const nowMs = this.#rig.nowMs;
      const next = Math.min(untilMs, ...this.#out.map(({ backMs }) => backMs), ...this.#questions().filter((atMs) => atMs > nowMs));
      if (next > nowMs) await this.#rig.setClock(next);
      await this.#settle();
      await this.#serve();
      if (next >= untilMs || (this.#waiting.length === 0 && this.#out.length === 0 && untilMs - next > 300_000)) return;
    }
  }

  /** When the first of each kind asks again. */
  #questions(): number[] {
    const kinds = new Set(this.#waiting.map(({ job }) => (job.priority === URGENT ? "urgent" : "bulk")));
    return [...kinds].map((kind) => this.#askMs[kind]);
  }

  async #settle(): Promise<void> {
    const { client } = this.#rig;
    for (const out of this.#out.filter(({ backMs }) => backMs <= this.#rig.nowMs)) {
      this.#out.splice(this.#out.indexOf(out), 1);
      out.call.toMs = this.#rig.nowMs;
      await this.#rig.settle(out.job, out, "ok");
      await client.lrem(this.#rig.bull(QUEUE, "active"), 1, out.job.ref.id);
    }
  }

  /** As a worker: the urgent first; of each kind the first asks, and the next when it left. */
  async #serve(): Promise<void> {
    for (const kind of ["urgent", "bulk"] as const) {
      while (this.#askMs[kind] <= this.#rig.nowMs) {
        const one = this.#waiting.find(({ job }) => (job.priority === URGENT) === (kind === "urgent"));
        if (one === undefined) break;
        const waitMs = await this.#ask(one);
        // As a worker's line: it never sleeps longer than a second.
        if (waitMs > 0) this.#askMs[kind] = this.#rig.nowMs + Math.min(waitMs, 1_000);
      }
    }
    await this.#note();
  }

  async #ask(one: Waiting): Promise<number> {
    const { gate, client } = this.#rig;
    const { job } = one;
    const callId = this.#rig.newCall();
    const answer = await this.#rig.ask(job, callId);
    if (answer.kind === "wait") return answer.forMs;
    if (answer.kind !== "granted") throw new Error(`the gate answered ${JSON.stringify(answer)}`);
    const nowMs = this.#rig.nowMs;
    this.#waiting.splice(this.#waiting.indexOf(one), 1);
    await client.lrem(this.#rig.bull(QUEUE, "wait"), 1, job.ref.id);
    await client.lpush(this.#rig.bull(QUEUE, "active"), job.ref.id);
    if (!(await gate.markLeft(job.ref, callId))) throw new Error("the mark was refused");
    const call = { fromMs: nowMs, toMs: Number.POSITIVE_INFINITY };
    this.calls.push(call);
    this.#out.push({ job, callId, epoch: answer.epoch, backMs: nowMs + one.callMs, call });
    const came = this.came[one.batch];
    if (came !== undefined && !this.#waiting.some(({ batch }) => batch === one.batch)) came.leftMs = nowMs;
    return 0;
  }

  async #busy(): Promise<number> {
    return await this.#rig.client.zcount(this.#rig.key("slots"), `(${this.#rig.nowMs}`, "+inf");
  }

  /** For how long there has been no free slot while bulk work waits. */
  async #note(): Promise<void> {
    const nowMs = this.#rig.nowMs;
    const isFull = this.#waiting.some(({ job }) => job.priority === BULK) && (await this.#busy()) >= this.#limit;
    if (this.#fullSinceMs !== null) this.longestFullMs = Math.max(this.longestFullMs, nowMs - this.#fullSinceMs);
    this.#fullSinceMs = isFull ? (this.#fullSinceMs ?? nowMs) : null;
  }
}
