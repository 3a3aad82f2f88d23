/**
 * Caps, hours and pace under random schedules: calls in any order, workers that die before and after their mark, sweeps, clock steps, policies that
 * change meanwhile, states that are lost, rules that are
 * overridden. LinkedIn is modelled apart from it: a call that left is an interval in which it may have been sent, and the worst placement of all
 * of them must keep each rule that was set.
 */
import {
  type AccountPolicy,
  CAP_WINDOWS_MS,
  countedCaps,
  NOTE_POLICIES,
  OVERRIDABLE_RULES,
  type OverridableRule,
  openTimes,
  scopesOf,
} from "@linkup-queue/contracts";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CallEnd, type Rig, type RigJob, startRig } from "./rig.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ accountConcurrency: 3, timeoutMs: 20_000 });
});
afterAll(async () => await rig.close());

const OPERATIONS = {
  "invitation.send": "network",
  "message.send": "messages",
  "post.react": "posts",
  "profile.scrape": "profiles",
} as const;
type Operation = keyof typeof OPERATIONS;
const ACCOUNTS = ["ada", "bob"] as const;
type AccountName = (typeof ACCOUNTS)[number];
type Caps = NonNullable<AccountPolicy["caps"]>;

const WINDOW = fc.constantFrom(...(Object.keys(CAP_WINDOWS_MS) as (keyof typeof CAP_WINDOWS_MS)[]));
const SCOPE = fc.constantFrom("invite", "note", "message", "engage", "view", "write", "post.react");
const CAPS: fc.Arbitrary<Caps> = fc.dictionary(SCOPE, fc.dictionary(WINDOW, fc.nat(4), { minKeys: 1, maxKeys: 2 }), { maxKeys: 3 });
const MINUTE = fc.nat(24 * 60 - 1);
const timeOf = (minute: number) => new Date(minute * 60_000).toISOString().slice(11, 16);
const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const HOURS = fc
  .tuple(MINUTE, MINUTE, fc.subarray([...WEEKDAYS], { minLength: 3 }), fc.constantFrom("UTC", "America/Los_Angeles", "Pacific/Auckland"))
  .filter(([one, other]) => one !== other)
  .map(([one, other, weekdays, timezone]) => ({
    timezone,
    weekdays,
    from: timeOf(Math.min(one, other)),
    to: timeOf(Math.max(one, other)),
  }));
const GAP = fc.tuple(fc.nat(1_200), fc.nat(1_200)).map(([least, more]) => ({ minSeconds: least, maxSeconds: least + more }));
const PACE = fc
  .dictionary(fc.constantFrom("invite", "message", "view", "write"), GAP, { maxKeys: 2 })
  .chain((gaps) =>
    fc.constantFrom(gaps, { ...gaps, breakEvery: [2, 3] as [number, number], breakSeconds: [600, 3_600] as [number, number] }),
  );
const NOTE = fc.constantFrom(...NOTE_POLICIES);
/** Hardly any notes, and much room else. */
const FEW_NOTES = fc.record({ caps: fc.nat(2).map((perDay): Caps => ({ note: { perDay }, write: { perDay: 9 } })), note: NOTE });
const POLICY: fc.Arbitrary<AccountPolicy> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ caps: CAPS, hours: HOURS, pace: PACE, note: NOTE }, { requiredKeys: ["caps"] }) },
  { weight: 1, arbitrary: FEW_NOTES },
);
const ENDS = ["ok", "ok", "ok", "not_found", "timed_out", "server_error", "no_connection", "family_limited"] as const satisfies CallEnd[];

/** Moments, and spans that end near that of a window. */
const MS = fc.oneof(
  { weight: 2, arbitrary: fc.nat(19_000) },
  { weight: 3, arbitrary: fc.integer({ min: -25_000, max: 25_000 }).map((ms) => CAP_WINDOWS_MS.perHour + ms) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...Object.values(CAP_WINDOWS_MS)), fc.integer({ min: -25_000, max: 25_000 }))
      .map(([one, ms]) => one + ms),
  },
);

const STEP = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("add"),
      account: fc.constantFrom(...ACCOUNTS),
      operation: fc.constantFrom<Operation>("invitation.send", "invitation.send", ...(Object.keys(OPERATIONS) as Operation[])),
      priority: fc.constantFrom(1, 10),
      note: fc.constantFrom(true, true, false),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("go"),
      pick: fc.nat(30),
      end: fc.constantFrom(...ENDS),
      stops: fc.constantFrom("granted", "left", "settled", "settled"),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("leave", "settle"), pick: fc.nat(30), end: fc.constantFrom(...ENDS) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("advance"),
      ms: MS,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("sweep") }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("put"), account: fc.constantFrom(...ACCOUNTS), policy: POLICY }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("override"),
      account: fc.constantFrom(...ACCOUNTS),
      rule: fc.constantFrom(...OVERRIDABLE_RULES),
      forMs: fc.oneof(fc.constant(0), fc.nat(30_000), fc.nat(CAP_WINDOWS_MS.perDay)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("lose"), restoredAfterMs: fc.nat(600_000) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("by_hand"),
      account: fc.constantFrom(...ACCOUNTS),
      operation: fc.constantFrom(...(Object.keys(OPERATIONS) as Operation[])),
    }),
  },
);
type Step = typeof STEP extends fc.Arbitrary<infer S> ? S : never;

/** A call that left, or was made by hand: LinkedIn saw it between two moments, if it did. */
type Seen = { account: string; scopes: string[]; toMs: number; pace: AccountPolicy["pace"] | "any"; counted: boolean };
type Out = { job: RigJob; callId: string; seen: Seen | null; policy: AccountPolicy; bare: boolean };

/** An account without a cap is not counted, so that it costs nothing; its calls of that time are not known when it has one again. */
const hasCaps = ({ caps = {} }: AccountPolicy) => Object.keys(countedCaps(caps)).length > 0;

class Schedule {
  readonly policies = new Map<AccountName, AccountPolicy>();
  readonly #ready: RigJob[] = [];
  readonly #parked: RigJob[] = [];
  readonly #out: Out[] = [];
  #seen: Seen[] = [];
  #byHand = 0;
  /** Until when a rule of an account is overridden. */
  readonly #overridden = new Map<string, number>();

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case "add":
        this.#ready.push(
          await rig.job(step.account, {
            operation: step.operation,
            queue: OPERATIONS[step.operation],
            priority: step.priority,
            ...(step.note && step.operation === "invitation.send" ? { note: "Hello" } : {}),
          }),
        );
        return;
      case "go":
        return await this.#go(step);
      case "leave": {
        const granted = this.#out.filter(({ seen }) => seen === null);
        const out = granted[step.pick % granted.length];
        return out === undefined ? undefined : await this.#leave(out);
      }
      case "settle":
        return await this.#settle(this.#out[step.pick % this.#out.length], step.end);
      case "advance":
        return await rig.advance(step.ms);
      case "sweep":
        return await this.sweep();
      case "put":
        return await this.put(step.account, step.policy);
      case "override": {
        const { account, rule, forMs } = step;
        await rig.engine.accounts.override(account, rule, forMs === 0 ? null : rig.nowMs + forMs);
        this.#overridden.set(`${account} ${rule}`, rig.nowMs + forMs);
        return;
      }
      case "lose":
        return await this.#lose(step.restoredAfterMs);
      case "by_hand": {
        this.#byHand += 1;
        const { account, operation } = step;
        await rig.engine.accounts.bookSent(account, { operation, count: 1, name: `hand-${this.#byHand}` });
        // Without caps nothing is counted; so is what was made by hand then counted here for nothing.
        this.#seen.push({ account, scopes: scopesOf(operation, {}), toMs: rig.nowMs, pace: undefined, counted: true });
        return;
      }
    }
  }

  async put(account: AccountName, policy: AccountPolicy): Promise<void> {
    this.policies.set(account, policy);
    await rig.account(account, undefined, { policy });
  }

  /** The counts of accounts are gone, as with an older file, and a person says that whatever waits is to be sent. */
  async #lose(restoredAfterMs: number): Promise<void> {
    for (const account of ACCOUNTS) {
      const counts = await rig.client.keys(rig.key(`booked:${account}:*`));
      await rig.client.del(rig.key(`paced:${account}`), ...counts);
    }
    await rig.client.hset(rig.key("key"), "lost", rig.nowMs);
    await rig.advance(restoredAfterMs);
    await rig.engine.keys.restore("send");
    // The gaps of their time are not known any more: those of now hold.
    for (const one of this.#seen) one.pace = "any";
    await rig.advance(rig.engine.config.rateWindowMs + 1_000);
  }

  async sweep(): Promise<void> {
    await rig.swept();
    // Whose worker died: taken back where nothing left, and of unknown effect where something did, which counts.
    for (const out of [...this.#out]) {
      if ((await rig.stateOf(out.job)) === "open") continue;
      this.#out.splice(this.#out.indexOf(out), 1);
      if (out.seen === null) this.#ready.push(out.job);
    }
    await this.#wake();
  }

  async #wake(): Promise<void> {
    for (const job of [...this.#parked]) {
      if ((await rig.stateOf(job)) !== "released") continue;
      this.#parked.splice(this.#parked.indexOf(job), 1);
      this.#ready.push(job);
    }
  }

  async #go({ pick, end, stops }: Extract<Step, { kind: "go" }>): Promise<void> {
    const [job] = this.#ready.splice(pick % Math.max(1, this.#ready.length), 1);
    if (job === undefined) return;
    const callId = rig.newCall();
    const answer = await rig.ask(job, callId);
    if (answer.kind === "parked") {
      await rig.moveToDelayed(job);
      await rig.gate.confirmPark(job.ref);
      this.#parked.push(job);
      return await this.#wake();
    }
    const policy = this.policies.get(job.accountId as AccountName) ?? {};
    if (answer.kind === "refused") {
      // Nothing is ever skipped but an invitation with a note, by the policy of its account.
      expect([answer.code, policy.note, job.note]).toEqual(["notes_used_up", "skip", "Hello"]);
      await rig.endUncalled(job);
      return;
    }
    if (answer.kind !== "granted") {
      if (answer.kind === "snooze" || answer.kind === "wait") this.#ready.push(job);
      return;
    }
    const bare = answer.history.bare === true;
    if (bare) expect([policy.note, job.note]).toEqual(["bare", "Hello"]);
    const out: Out = { job, callId, seen: null, policy, bare };
    this.#out.push(out);
    if (stops !== "granted") await this.#leave(out);
    if (stops === "settled") await this.#settle(out, end);
  }

  async #leave(out: Out): Promise<void> {
    if (!(await rig.gate.markLeft(out.job.ref, out.callId))) return await this.#settle(out, "not_left");
    const account = out.job.accountId as AccountName;
    const operation = out.job.meta.operation as Operation;
    out.seen = {
      account,
      scopes: scopesOf(operation, out.job.note === undefined || out.bare ? {} : { message: out.job.note }),
      toMs: rig.nowMs + rig.engine.config.timeoutMs,
      pace: out.policy.pace,
      counted: hasCaps(out.policy),
    };
    const passes = (rule: OverridableRule) => out.job.priority === 1 && (this.#overridden.get(`${account} ${rule}`) ?? 0) > rig.nowMs;
    this.#check(account, out.seen, passes);
    this.#seen.push(out.seen);
    if (!passes("account_cap")) this.#checkCaps(account, out.seen);
  }

  /** A call leaves: its account is open, and the least gap after each call of its families is over, wherever in its time that one was sent. */
  #check(account: AccountName, { scopes }: Seen, passes: (rule: OverridableRule) => boolean): void {
    const { hours, pace } = this.policies.get(account) ?? {};
    if (hours !== undefined && !passes("hours")) {
      const open = openTimes(hours, rig.nowMs - CAP_WINDOWS_MS.perDay, rig.nowMs + CAP_WINDOWS_MS.perDay);
      expect(
        open.some(([from, until]) => from <= rig.nowMs && rig.nowMs < until),
        `${account} at ${rig.nowMs}`,
      ).toBe(true);
    }
    for (const one of this.#seen) {
      if (one.account !== account || passes("account_pace")) continue;
      for (const scope of scopes) {
        const held = pace?.[scope as "invite"];
        const gap = one.pace === "any" ? held : one.pace?.[scope as "invite"];
        if (held === undefined || gap === undefined || !one.scopes.includes(scope)) continue;
        expect(rig.nowMs - one.toMs, `${account} ${scope} at ${rig.nowMs}`).toBeGreaterThanOrEqual(gap.minSeconds * 1_000);
      }
    }
  }

  /** A call left: of each of its caps, no more than that may lie in the window that ends now, wherever each was sent. */
  #checkCaps(account: AccountName, { scopes }: Seen): void {
    const held = countedCaps(this.policies.get(account)?.caps ?? {});
    for (const scope of scopes) {
      for (const [most, windowMs] of held[scope] ?? []) {
        const inWindow = this.#seen.filter(
          (one) => one.account === account && one.counted && one.scopes.includes(scope) && one.toMs > rig.nowMs - windowMs,
        );
        expect(inWindow.length, `${account} ${scope} in ${windowMs} ms at ${rig.nowMs}`).toBeLessThanOrEqual(most);
      }
    }
  }

  async #settle(out: Out | undefined, wanted: CallEnd): Promise<void> {
    if (out === undefined) return;
    this.#out.splice(this.#out.indexOf(out), 1);
    const { job, callId, seen } = out;
    const end = seen === null ? "not_left" : wanted === "no_connection" ? "not_found" : wanted;
    const answer = await rig.settle(job, { callId, epoch: 1 }, end);
    const isWrite = seen?.scopes.includes("write") === true;
    if (seen !== null && end === "server_error" && isWrite && answer.kind !== "already")
      this.#seen = this.#seen.filter((one) => one !== seen);
    else if (seen !== null && end !== "timed_out" && answer.kind !== "already") seen.toMs = Math.min(seen.toMs, rig.nowMs);
    if (answer.kind === "retry" || answer.kind === "again") this.#ready.push(job);
    if (answer.kind === "parked") this.#parked.push(job);
    await this.#wake();
  }

  /** With all rules gone and every rest ended, each job that waited comes back. */
  async finish(): Promise<void> {
    for (const account of ACCOUNTS) {
      await this.put(account, {});
      await rig.engine.accounts.resume(account);
      for (const { scope } of (await rig.engine.accounts.read(account))?.rests ?? []) await rig.engine.accounts.endRest(account, scope);
    }
    await rig.advance(100_000);
    for (let turn = 0; turn < 300 && this.#parked.length + this.#ready.length > 0; turn++) {
      await this.sweep();
      await this.take({ kind: "go", pick: 0, end: "ok", stops: "settled" });
    }
    expect(this.#parked.map(({ ref }) => ref.id)).toEqual([]);
  }
}

async function follow(first: [AccountPolicy, AccountPolicy], steps: readonly Step[]): Promise<void> {
  await rig.reset();
  await rig.open();
  const schedule = new Schedule();
  for (const [at, account] of ACCOUNTS.entries()) await schedule.put(account, first[at] ?? {});
  for (const step of steps) await schedule.take(step);
  await schedule.finish();
}

test("no cap, gap or hour is ever passed, whatever happens in whatever order, and nobody waits for ever", async () => {
  const property = fc.asyncProperty(fc.tuple(POLICY, POLICY), fc.array(STEP, { minLength: 20, maxLength: 100 }), follow);
  await fc.assert(property, { numRuns: 40, endOnFailure: true });
});
