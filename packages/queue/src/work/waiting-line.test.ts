/** The line of one process, in front of a gate whose answers the test gives. */
import { START_MS } from "@linkup-queue/testkit";
import { expect, onTestFinished, test } from "vitest";
import type { Gate, GateAnswer, GateRequest } from "../ledger/gate.ts";
import { WaitingLine, type WaitingLineAnswer, type WaitingLineOptions } from "./waiting-line.ts";

const GRANTED: GateAnswer = {
  kind: "granted",
  epoch: 1,
  token: "",
  country: "",
  clock: START_MS,
  history: { calls: 0, attempts: 0, deaths: 0, charged: 0, uncertain: 0, startedMs: null },
};
const wait = (forMs: number): GateAnswer => ({ kind: "wait", forMs, reason: "window" });

type Question = { name: string; answer(answer: GateAnswer | Error): void };

/** A gate that holds every question until the test answers it. */
class AskedGate {
  readonly #questions: Question[] = [];
  readonly #waiting: ((question: Question) => void)[] = [];
  open = 0;
  most = 0;

  async ask(request: GateRequest): Promise<GateAnswer> {
    this.open += 1;
    this.most = Math.max(this.most, this.open);
    const { promise, resolve, reject } = Promise.withResolvers<GateAnswer>();
    const question: Question = {
      name: request.ref.id,
      answer: (answer) => {
        this.open -= 1;
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      },
    };
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#questions.push(question);
    else waiting(question);
    return await promise;
  }

  get pending(): number {
    return this.#questions.length;
  }

  async next(): Promise<Question> {
    const asked = this.#questions.shift();
    if (asked !== undefined) return asked;
    return await new Promise((resolve) => this.#waiting.push(resolve));
  }
}

function lineOf(options: Partial<WaitingLineOptions> = {}) {
  const gate = new AskedGate();
  const line = new WaitingLine(gate as unknown as Gate, { maxInFlight: 10, random: () => 0, ...options });
  onTestFinished(() => line.drain());
  return { gate, line };
}

function request(name: string, urgent = false): GateRequest {
  const ref = { queue: "messages", id: name, timestamp: 1 } as const;
  const meta = { operation: "message.send", accountId: "a", campaignId: null, recipientId: null, redriveOf: null, enqueuedAtMs: 1 };
  return { callId: name, ref, accountId: "a", priority: urgent ? 1 : 10, urgent, price: 1, target: name, expiresAtMs: null, meta };
}

/** Sends a job into the line and waits until it stands there. */
async function lined(
  { gate, line }: ReturnType<typeof lineOf>,
  name: string,
  forMs = 100_000,
): Promise<{ answer: Promise<WaitingLineAnswer> }> {
  const stands = Promise.withResolvers<void>();
  const answer = line.pass(request(name, name.startsWith("urgent")), () => stands.resolve());
  (await gate.next()).answer(wait(forMs));
  await stands.promise;
  return { answer };
}

test("a job that the gate grants passes at once, with the moment before it was asked", async () => {
  const { gate, line } = lineOf();
  const before = performance.now();
  const answer = line.pass(request("a"), () => expect.unreachable());
  (await gate.next()).answer(GRANTED);
  const granted = await answer;
  if (granted.kind !== "granted") throw new Error(granted.kind);
  expect(granted.askedAtMs).toBeGreaterThanOrEqual(before);
  expect(granted.askedAtMs).toBeLessThanOrEqual(performance.now());
  expect(line.inFlight).toBe(1);
  line.done();
  expect(line.inFlight).toBe(0);
});

test("only the first in line asks again: the urgent before the others, each in order of arrival", async () => {
  const system = lineOf();
  const { gate } = system;
  const order: string[] = [];
  const answers: Promise<WaitingLineAnswer>[] = [];
  for (const name of ["a", "urgent-a", "b"]) answers.push((await lined(system, name)).answer);
  // Its wait is over at once, and with it the line moves.
  answers.push((await lined(system, "urgent-b", 0)).answer);
  expect(system.line.waiting).toBe(4);
  while (order.length < 4) {
    const question = await gate.next();
    expect(gate.open).toBe(1);
    expect(gate.pending).toBe(0);
    order.push(question.name);
    question.answer(GRANTED);
  }
  expect(order).toEqual(["urgent-a", "urgent-b", "a", "b"]);
  expect((await Promise.all(answers)).every(({ kind }) => kind === "granted")).toBe(true);
});

test("an urgent job that comes while the first is asked is asked next, not after the first one's wait", async () => {
  const system = lineOf();
  const { gate } = system;
  void (await lined(system, "a", 0));
  const question = await gate.next();
  void (await lined(system, "urgent"));
  question.answer(wait(100_000));
  expect((await gate.next()).name).toBe("urgent");
});

test("at the process's own bound nobody asks until a call ends", async () => {
  const { gate, line } = lineOf({ maxInFlight: 1 });
  const first = line.pass(request("a"), () => expect.unreachable());
  (await gate.next()).answer(GRANTED);
  await first;
  const reasons: string[] = [];
  const second = line.pass(request("b"), () => reasons.push("lined"));
  expect(reasons).toEqual(["lined"]);
  expect(gate.open).toBe(0);
  line.done();
  (await gate.next()).answer(GRANTED);
  expect((await second).kind).toBe("granted");
});

test("a drain hands all that wait back, and all that come", async () => {
  const system = lineOf();
  const { answer: a } = await lined(system, "a");
  const { answer: b } = await lined(system, "b");
  system.line.drain();
  expect([await a, await b, await system.line.pass(request("c"), () => undefined)]).toEqual(
    ["a", "b", "c"].map(() => ({ kind: "handed_back" })),
  );
  expect(system.line.waiting).toBe(0);
});

test("a drain keeps the grant that is on its way, and hands back what has to wait on", async () => {
  for (const said of [GRANTED, wait(1)]) {
    const system = lineOf();
    const { answer: first } = await lined(system, "a", 0);
    const question = await system.gate.next();
    const { answer: second } = await lined(system, "b");
    system.line.drain();
    expect(await second).toEqual({ kind: "handed_back" });
    question.answer(said);
    expect((await first).kind).toBe(said.kind === "granted" ? "granted" : "handed_back");
    expect(system.line.inFlight).toBe(said.kind === "granted" ? 1 : 0);
    expect(system.line.waiting).toBe(0);
  }
});

test("trouble with Redis is the job's whose question it was; the line goes on", async () => {
  const system = lineOf();
  const { answer: first } = await lined(system, "a", 0);
  const question = await system.gate.next();
  const { answer: second } = await lined(system, "b");
  const failed = expect(first).rejects.toThrow("Redis is away");
  question.answer(new Error("Redis is away"));
  await failed;
  const next = await system.gate.next();
  expect(next.name).toBe("b");
  next.answer({ kind: "parked", why: "busy" });
  expect(await second).toEqual({ kind: "parked", why: "busy" });
  expect(system.line.inFlight).toBe(0);
});
