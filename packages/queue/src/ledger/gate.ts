/**
 * The gate and its settlement, as typed calls: may this call leave now, has it left, what did it come to.
 * The decisions are the scripts'; this file names their arguments and reads their answers.
 */
import { randomBytes } from "node:crypto";
import { countCharacters, FREE_NOTE_LENGTH, type Outcome } from "@linkup-queue/contracts";
import { deliveryLane } from "../job/delivery-lane.ts";
import type { JobMeta } from "../job/job-meta.ts";
import { type JobRef, jobDigest, laneMember, outcomeIdOf } from "../job/job-ref.ts";
import { isRecipientJob, redriven } from "../job/recipient-job-id.ts";
import { type Confirmed, unconfirmed } from "../redis/confirmer.ts";
import { type EngineConfig, probeEveryMs, windowMarginMs } from "../redis/engine-config.ts";
import type { RedisHealth } from "../redis/redis-health.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { PeopleDigests } from "../safety/people-digests.ts";
import type { StateEvent } from "../safety/state-event.ts";
import type { ClockWatch } from "./clock-watch.ts";
import type { KeptEnds } from "./kept-ends.ts";
import { confirmParkScript } from "./lua/confirm-park.ts";
import { type AuthTry, type GateAnswer, gateScript } from "./lua/gate.ts";
import { leftScript } from "./lua/left.ts";
import { publishedScript } from "./lua/published.ts";
import { settleScript } from "./lua/settle.ts";
import { isUnknownWrite, resultData, resultJob } from "./result-job.ts";
import { SeenState } from "./seen-state.ts";
import { exhaustedOf, type Settlement, settlementIdOf } from "./settlement.ts";

export type { AuthTry, GateAnswer } from "./lua/gate.ts";

export type GateRequest = {
  /** Made by the caller before the first try; the same for every repetition of one call. */
  callId: string;
  ref: JobRef;
  accountId: string;
  /** BullMQ's priority; 1 is urgent. */
  priority: number;
  urgent: boolean;
  /** Credits the call will cost. */
  price: number;
  /** The call's target, see `jobTarget`: refusals of one target are told from those of the service. */
  target: string;
  /** The scopes that the job counts to, see `scopesOf`; left out for a log-in. */
  scopes?: readonly string[];
  /** The note that goes with it; left out for none. */
  note?: string;
  expiresAtMs: number | null;
  meta: JobMeta;
  /** For a campaign's job: the revision of the text that it was made from. */
  revision?: number | undefined;
  /** Of a look at what came of the job's write: the look's operation. The price, the target and the scopes are the look's, too. */
  look?: string;
  /** Whom a job reaches, see `peopleReached`; asked for only where people are suppressed. Left out for a job that reaches nobody, unless it is of a sequence. */
  people?: () => readonly string[];
  /** For log-ins and verifications: the state they serve. */
  auth?: AuthTry;
};

const CALL_ID_BYTES = 12;
/** Random bytes are made for so many calls at once: asking for them costs as much as all else about a name. */
const CALL_IDS = 256;
let random = Buffer.alloc(0);

/** A call's name: made before the gate is asked, the same in every script of the call. */
export function newCallId(): string {
  if (random.length === 0) random = randomBytes(CALL_ID_BYTES * CALL_IDS);
  const id = random.toString("base64url", 0, CALL_ID_BYTES);
  random = random.subarray(CALL_ID_BYTES);
  return id;
}

/** A settlement that is on its way to Redis for a while has its slot busy for longer, never for less. */
function counted({ countedAgoMs }: Settlement, { transitMs = null }: EngineConfig): { countedAgoMs?: number; transitMs?: number } {
  return countedAgoMs === undefined || transitMs === null ? {} : { countedAgoMs: Math.max(0, Math.floor(countedAgoMs())), transitMs };
}

export type SettleAnswer =
  /** `published`: its outcome is on the results queue already. */
  (
    | { kind: "ended"; status: string; published?: true | undefined }
    | { kind: "retry" | "again" | "look" | "parked" }
    | { kind: "already"; state: string }
  ) & {
    /** Credits that are known to be wasted since this settlement; left out for none. */
    wasted?: number;
    /** Changes of the key, of brakes and of rests that it caused; left out for none. */
    brakes?: readonly StateEvent[];
  };

function longNote({ note = "" }: GateRequest): number | undefined {
  const length = countCharacters(note);
  return length > FREE_NOTE_LENGTH ? length : undefined;
}

const AUTH_ATTEMPTS = Number.MAX_SAFE_INTEGER;

export type GateParts = {
  scripts: RedisScripts;
  config: EngineConfig;
  people: PeopleDigests;
  /** Whether calls may leave as far as Redis goes. */
  health: Pick<RedisHealth, "shortage">;
  /** Confirms what `scripts` write, where replicas are waited for. */
  confirmed?: Confirmed;
  /** Marks go over a connection of their own there: one that broke fails at once, and its call is not sent. */
  marks?: { scripts: RedisScripts; confirmed: Confirmed };
  /** The highest that this process has seen of the state in Redis. */
  seen?: SeenState;
  /** Sees Redis's clock in each grant: no call leaves by one that jumped. Left out where nothing leaves. */
  clock?: Pick<ClockWatch, "look"> | undefined;
  /** Keeps what was settled here, should Redis lose it. */
  keptEnds?: KeptEnds | undefined;
};

export class Gate {
  readonly #scripts: RedisScripts;
  readonly #confirmed: Confirmed;
  readonly #marks: NonNullable<GateParts["marks"]>;
  readonly #config: EngineConfig;
  readonly #health: GateParts["health"];
  readonly #seen: SeenState;
  readonly #people: PeopleDigests;
  readonly #keptEnds: KeptEnds | undefined;
  readonly #clock: GateParts["clock"];

  constructor({
    people,
    keptEnds,
    clock,
    scripts,
    config,
    health,
    confirmed = unconfirmed,
    marks = { scripts, confirmed },
    seen = new SeenState(),
  }: GateParts) {
    this.#seen = seen;
    this.#keptEnds = keptEnds;
    this.#clock = clock;
    this.#people = people;
    this.#scripts = scripts;
    this.#confirmed = confirmed;
    this.#marks = marks;
    this.#config = config;
    this.#health = health;
  }

  /**
   * Asks whether this call may leave now. Repeating a request with its callId gives the same grant. Throws when Redis did not confirm that the job is
   * parked: it may sleep only where whoever is to wake it knows of it, also after a failover.
   */
  async ask(request: GateRequest): Promise<GateAnswer> {
    return await this.#confirmed(
      () => this.#askKnowing(request),
      ({ kind }) => kind !== "parked",
    );
  }

  /** Whom a job is about is said once the gate has asked for it, or has before. */
  async #askKnowing(request: GateRequest): Promise<GateAnswer> {
    const answer = await this.#askWatching(request);
    if (answer.kind !== "who") return answer;
    await this.#people.learn();
    const known = await this.#askWatching(request);
    if (known.kind === "who") throw new Error("the gate asks again whom a job is about");
    return known;
  }

  /** A grant by a clock that jumped is void: the key is closed, for a window, by the time that anybody learns of it. */
  async #askWatching(request: GateRequest) {
    const askedMs = performance.now();
    const answer = await this.#ask(request);
    if (answer.kind === "granted") await this.#clock?.look({ askedMs, answeredMs: performance.now(), clockMs: answer.clock });
    return answer;
  }

  async #ask(request: GateRequest) {
    const config = this.#config;
    const reached = request.look === undefined ? request.people?.() : undefined;
    return await this.#scripts.run(gateScript, {
      ...(reached === undefined ? {} : this.#people.told(reached, request.meta.about)),
      digest: jobDigest(request.ref),
      callId: request.callId,
      queue: request.ref.queue,
      id: request.ref.id,
      operation: request.look ?? request.meta.operation,
      look: request.look !== undefined || undefined,
      target: request.target,
      scopes: request.scopes?.join(),
      longNote: longNote(request),
      account: request.accountId,
      campaign: request.meta.campaignId,
      isRecipientJob: isRecipientJob({ ...request.meta, id: redriven(request.ref.id) }) || undefined,
      step: request.meta.step,
      revision: request.revision,
      priority: request.priority,
      member: laneMember(request.ref, request.priority),
      urgent: request.urgent || undefined,
      price: request.price,
      expiresAt: request.expiresAtMs,
      meta: JSON.stringify(request.meta),
      auth: request.auth,
      limit: config.rateLimit,
      windowMs: config.rateWindowMs,
      marginMs: windowMarginMs(config.rateWindowMs),
      timeoutMs: config.timeoutMs,
      accountMax: config.accountConcurrency,
      maxCreditsPerDay: config.maxCreditsPerDay,
      careful: config.accountPolicy === "careful" || undefined,
      gapDays: config.contactGapDays || undefined,
      ledgerDays: config.ledgerDays,
      shortage: this.#health.shortage,
      probeEveryMs: probeEveryMs(config),
      madeAt: request.ref.timestamp,
      seen: this.#seen.value,
    });
  }

  /**
   * Writes the mark that goes before the first byte. False: the grant is past its deadline or void, or what it was given for has changed
   * (the key, the account, the campaign, the job's date); send nothing. Throws, and nothing may be sent either, when Redis did not confirm
   * the mark: `redis_unsuitable` when too few replicas have it.
   */
  async markLeft(ref: JobRef, callId: string): Promise<boolean> {
    const { scripts, confirmed } = this.#marks;
    const mark = await confirmed(
      () => scripts.run(leftScript, { digest: jobDigest(ref), callId, seen: this.#seen.value }),
      (made) => made === null,
    );
    if (mark !== null) this.#seen.learnMark(mark);
    return mark !== null;
  }

  /**
   * Ends a call, or (with an empty callId) a job that made none. Repeating it changes nothing and answers the same. Throws when Redis did
   * not confirm it: nobody may be told of it then, before it was repeated.
   */
  async settle(settlement: Settlement): Promise<SettleAnswer> {
    this.#keptEnds?.begin(settlement);
    const answer = await this.#confirmed(() => this.#settle(settlement));
    this.#keptEnds?.end(settlement, { isEnded: answer.kind === "ended", atMs: performance.now() });
    return answer;
  }

  async #settle(settlement: Settlement): Promise<SettleAnswer> {
    const config = this.#config;
    const digest = jobDigest(settlement.ref);
    const { next } = settlement;
    const exhausted = exhaustedOf(next);
    const auth = settlement.ref.queue === "auth";
    const published = this.#published(settlement);
    const { wasted, brakes, ...answer } = await this.#scripts.run(
      settleScript,
      {
        digest,
        callId: settlement.callId,
        settlementId: settlementIdOf(settlement),
        redrive: settlement.redrive || undefined,
        fetched: settlement.fetched,
        calls: settlement.calls,
        queue: settlement.ref.queue,
        id: settlement.ref.id,
        account: auth ? null : settlement.accountId,
        authAccount: auth ? settlement.accountId : null,
        operation: settlement.operation,
        campaign: settlement.campaignId,
        step: settlement.step,
        isRecipientJob: (settlement.isRecipientJob ?? isRecipientJob({ ...settlement, id: settlement.ref.id })) || undefined,
        left: settlement.left,
        answered: settlement.answered,
        ...counted(settlement, config),
        serverError: settlement.serverError || undefined,
        charge: settlement.charge,
        price: settlement.price,
        uncertain: settlement.uncertain || undefined,
        next: next.kind,
        status: next.kind === "end" ? next.status : null,
        exhaustedStatus: exhausted?.status ?? null,
        code: next.kind === "end" ? next.code : null,
        exhaustedCode: exhausted?.code ?? null,
        keyAction: settlement.keyAction,
        refusal: settlement.refusal,
        alone: settlement.alone,
        doubtful: settlement.doubtful,
        accountEvent: settlement.accountEvent,
        ownEvent: settlement.ownEvent,
        ...(next.kind === "look" ? { reconciling: JSON.stringify(next.reconciling), lookAfterMs: next.afterMs } : {}),
        inDoubt: settlement.inDoubt || undefined,
        wasTold: settlement.wasTold || undefined,
        isQuiet: settlement.isQuiet || undefined,
        worked: settlement.worked || undefined,
        self: settlement.self,
        sign: settlement.sign,
        invited: settlement.invited,
        maxAttempts: auth ? AUTH_ATTEMPTS : config.maxAttempts,
        windowMs: config.rateWindowMs,
        marginMs: windowMarginMs(config.rateWindowMs),
        ledgerDays: config.ledgerDays,
        outcomeId: outcomeIdOf(digest),
        deliveryLane: deliveryLane(settlement),
        outcomeDays: config.outcomeDays,
        probeEveryMs: probeEveryMs(config),
        madeAt: settlement.ref.timestamp,
        seen: this.#seen.value,
        publish: published === null ? null : { ...resultJob(config), ...(isUnknownWrite(published) ? { doubt: true } : {}) },
      },
      [(next.kind === "end" ? next.outcome : null) ?? "", exhausted?.outcome ?? "", ...(published === null ? [] : [resultData(published)])],
    );
    return { ...answer, ...(wasted === 0 ? {} : { wasted }), ...(brakes.length === 0 ? {} : { brakes }) };
  }

  /** The outcome that may be told in the step that settles it: not where replicas must have that first, nor where Redis is short of anything. */
  #published({ next, publishes }: Settlement): Outcome | null {
    const { redisReplicas, resultsMax } = this.#config;
    if (next.kind !== "end" || redisReplicas > 0 || resultsMax === 0 || this.#health.shortage !== null) return null;
    return publishes ?? null;
  }

  /** After a parked job went to BullMQ's `delayed`: moves it on if its account's place became free meanwhile. */
  async confirmPark(ref: JobRef): Promise<"parked" | "released" | "gone"> {
    return await this.#scripts.run(confirmParkScript, { digest: jobDigest(ref) });
  }

  /** Drops the outbox marks of outcomes that are on the results queue. Answers how many; another process may have dropped some before. */
  async markPublished(...digests: readonly string[]): Promise<number> {
    return await this.#dropMarks(digests);
  }

  /** Drops the outbox marks of jobs whose outcome is kept nowhere, as of now: one that was found missing may be there again. */
  async markLost(digest: string): Promise<void> {
    await this.#dropMarks([digest], true);
  }

  async #dropMarks(digests: readonly string[], isLost?: true): Promise<number> {
    const { ledgerDays, outcomeDays } = this.#config;
    return await this.#scripts.run(publishedScript, { digests, ledgerDays, outcomeDays, isLost });
  }
}
