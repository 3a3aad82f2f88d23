/** LinkedIn accounts: registered by people, kept encrypted, shown without a secret. The transitions are the scripts'. */
import {
  AccountId,
  AccountPlan,
  AccountPolicy,
  AUTH_QUEUE,
  CAP_WINDOWS_MS,
  type CapWindow,
  countedCaps,
  type DefaultPolicy,
  drawnPace,
  type InvitationBounds,
  LinkupError,
  type OperationName,
  OVERRIDABLE_RULES,
  type OverridableRule,
  openTimes,
  type ReplyWatch,
  scopesOf,
} from "@linkup-queue/contracts";
import { z } from "zod";
import { jobDigest } from "../job/job-ref.ts";
import { Digests } from "../redis/digests.ts";
import type { EngineConfig } from "../redis/engine-config.ts";
import type { ReplyOf } from "../redis/script.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { SealPurpose, Secrets } from "../redis/secrets.ts";
import { endsByHand, type Rest, restsIn } from "../safety/rests.ts";
import type { OnChanged } from "../safety/state-event.ts";
import { accountEventScript, type KeptParts, type PeopleEvent } from "./lua/account.ts";
import { accountRulesUseScript, accountSentScript, type BoundsUse } from "./lua/account-caps.ts";
import { accountHoursDueScript, accountHoursScript } from "./lua/account-hours.ts";

export const ACCOUNT_STATES = ["active", "refreshing", "awaiting_code", "cooling", "needs_attention", "disabled"] as const;
export const AccountState = z.enum(ACCOUNT_STATES);
export type AccountState = z.infer<typeof AccountState>;

export type Account = {
  id: string;
  state: AccountState;
  /** Why it is in this state, one word; empty for none. */
  why: string;
  /** Counts the tokens; a token that died under an older epoch changes nothing. */
  epoch: number;
  country: string | null;
  maxInFlight: number | null;
  /** The member's plan at LinkedIn; null: not known, which counts as free. */
  plan: AccountPlan | null;
  /** Its own policy, as it was set; null: it sets none. */
  policy: AccountPolicy | null;
  /** Jobs held for this account. */
  parked: number;
  createdAt: string;
  lastRefreshAt: string | null;
  /** Until when it rests, when `cooling`. */
  coolingUntil: string | null;
  /** The parts of it that rest, as LinkedIn limits them. */
  rests: readonly Rest[];
  /** The rules that a person has put out of force for its urgent jobs. */
  overrides: readonly Override[];
  /** How often its inbox is read for replies; null: it is not. */
  replyWatch: ReplyWatch | null;
  /** When that was last read as far as it was to be, ISO; null: not yet. */
  inboxReadAt: string | null;
  /** Since when it is to be read again, ISO; null: it is not due, its hours are over, or no campaign asks for it. */
  inboxWaitsSince: string | null;
  /** After how many days an invitation that nobody answered is taken back; null: never. */
  autoWithdrawAfterDays: number | null;
  /** When its invitations were last read for the bounds of its policy, or to be taken back, ISO; null: not yet. */
  invitationsReadAt: string | null;
  /** Since when they are to be read again, ISO; null: it is not due, or its hours are over. */
  invitationsWaitSince: string | null;
  /** Invitations that went without their note since its notes were used up; null: none within 30 days. */
  withoutNote: WithoutNote | null;
};

/** `since` and `lastAt`: ISO. Thirty days without one begin it anew. */
export type WithoutNote = { count: number; since: string; lastAt: string };

/** A rule that does not hold for the account's urgent jobs until a moment, ISO; those of campaigns it still holds for. */
export type Override = { rule: OverridableRule; until: string };

export type Credentials = { email: string; password: string };

/** A part that is left out stays as it is; null removes it. */
export type AccountEdit = {
  country?: string | null | undefined;
  maxInFlight?: number | null | undefined;
  plan?: AccountPlan | null | undefined;
  policy?: AccountPolicy | null | undefined;
  replyWatch?: ReplyWatch | null | undefined;
  autoWithdrawAfterDays?: number | null | undefined;
};

export type Registration = AccountEdit & ({ email: string; password: string } | { loginToken: string });

/** A cap that holds for an account, and what counts to it now. */
export type CapUse = {
  /** An operation, or a family of them. */
  scope: string;
  window: CapWindow;
  cap: number;
  /** Of those that are known. */
  used: number;
  /** False: Redis lost its state, and until what may be missing is out of the window the cap counts as used up. */
  known: boolean;
  /** When there is a place, ISO; null: there is one now, or, with a cap of 0, there will be none. */
  nextFreeAt: string | null;
};

/** The bounds of an account's invitations as they are known now. A count that is four days old, and a share of too few looks of the last thirty days, is not known, and bounds nothing. */
export type InvitationsUse = {
  /** Null: there is no such bound, or they were not counted lately. */
  pending: { counted: number; countedAt: string /** With all that may have been sent since. */; atMost: number } | null;
  /** Of those that were looked at; null: too few were. */
  acceptance: { accepted: number; looked: number } | null;
  /** The consequence of these bounds for invitations. */
  effect: InvitationEffect;
};
export const INVITATION_EFFECTS = ["none", "not_known", "halved", "stopped", "pending_max"] as const;
export type InvitationEffect = (typeof INVITATION_EFFECTS)[number];

export type RulesUse = {
  caps: CapUse[];
  /** Null: its policy bounds none. */
  invitations: InvitationsUse | null;
  /** When its hours open, ISO; null: they are open, or it has none. */
  opensAt: string | null;
  /** LINKUP_ACCOUNT_POLICY as it holds now, by which an account goes where its policy says nothing of caps or pace. */
  setting: DefaultPolicy;
};

/** Calls that a person made by hand. */
export type SentByHand = {
  operation: OperationName;
  /** An invitation with a note. */
  note?: boolean | undefined;
  count: number;
  /** When, ms; left out: now. */
  atMs?: number | undefined;
  /** Books them once. */
  name: string;
};

/** The purpose of an account's auth job: `turn` counts log-ins within an epoch, or codes given. */
export type AuthNeed = { accountId: string; state: "refreshing" | "awaiting_code"; epoch: number; turn: number };

/** The id of the job that serves a need: each need has one. */
export function authJobId({ state, accountId, epoch, turn }: AuthNeed): string {
  return `${state}~${accountId}~${epoch}~${turn}`;
}

/** Why an account needs a person whose sealed token or credentials don't open. */
export const SECRET_UNREADABLE = "secret_unreadable";
const RECOVER_PAGE = 200;

const iso = (ms: string | undefined): string | null => (ms ? new Date(Number(ms)).toISOString() : null);

type PutEvent = Extract<PeopleEvent, { type: "put" }>;

const StoredAccount = z.object({
  state: AccountState,
  why: z.string().default(""),
  epoch: z.coerce.number().int().default(0),
  country: z.string().default(""),
  max: z.coerce.number().int().default(0),
  plan: AccountPlan.optional(),
  policy: z.string().optional(),
  createdAt: z.string().optional(),
  lastRefreshAt: z.string().optional(),
  until: z.string().optional(),
  rests: z.string().optional(),
  overrides: z.string().optional(),
  bare: z.string().optional(),
  replyWatch: z.coerce.number().optional(),
  inboxReadAt: z.string().optional(),
  inboxWaits: z.string().optional(),
  withdrawAfter: z.coerce.number().optional(),
  invitesReadAt: z.string().optional(),
  invitesWait: z.string().optional(),
});
const SHOWN = [
  "state",
  "why",
  "epoch",
  "country",
  "max",
  "plan",
  "policy",
  "createdAt",
  "lastRefreshAt",
  "until",
  "rests",
  "overrides",
  "bare",
  "replyWatch",
  "inboxReadAt",
  "inboxWaits",
  "withdrawAfter",
  "invitesReadAt",
  "invitesWait",
] as const;
const StoredCredentials = z.object({ email: z.string(), password: z.string() });

const CAP_WINDOWS = Object.keys(CAP_WINDOWS_MS) as CapWindow[];

/** A policy as it lies in the account's record: left out it stays, and null removes it. */
function storedPolicy(
  policy: AccountPolicy | null | undefined,
): Pick<PutEvent, "policy" | "caps" | "pace" | "warmUp" | "note" | "invites" | "hasHours"> {
  if (policy === undefined) return {};
  if (policy === null) return { policy: "", caps: "", pace: "", warmUp: "", note: "", invites: "", hasHours: false };
  return {
    policy: JSON.stringify(policy),
    caps: policy.caps === undefined ? "" : JSON.stringify(countedCaps(policy.caps)),
    pace: policy.pace === undefined ? "" : JSON.stringify(drawnPace(policy.pace)),
    warmUp: (policy.warmUp ?? []).map(({ days, share }) => `${days * DAY_MS}:${share}`).join(),
    note: policy.note === undefined || policy.note === "wait" ? "" : policy.note,
    invites: boundsText(policy.invitations ?? {}),
    hasHours: policy.hours !== undefined,
  };
}

/** Bounds of invitations as the scripts read them; 0: no such bound. Empty: none at all. */
function boundsText({ pendingMax = 0, halveBelow = 0, stopBelow = 0 }: InvitationBounds): string {
  return pendingMax + halveBelow + stopBelow === 0 ? "" : `${pendingMax} ${halveBelow} ${stopBelow}`;
}

function keptParts({ country, maxInFlight, plan, policy, replyWatch, autoWithdrawAfterDays }: AccountEdit): KeptParts {
  return {
    country: country === null ? "" : country,
    max: maxInFlight === null ? 0 : maxInFlight,
    plan: plan === null ? "" : plan,
    ...storedPolicy(policy),
    replyWatch: replyWatch === null ? 0 : replyWatch?.everyMinutes,
    withdrawAfter: autoWithdrawAfterDays === null ? 0 : autoWithdrawAfterDays,
  };
}

const DAY_MS = 86_400_000;
/** Times at which an account is open are written so far ahead, and anew when no more than half of it is left. */
export const HOURS_AHEAD_MS = 28 * DAY_MS;
/** A call that is out at the change of a day still finds its own time. */
const HOURS_BACK_MS = DAY_MS;

/** The overrides of an account's record that hold now. */
function overridesIn(text: string | undefined, nowMs: number): Override[] {
  const tills = new Map((text ?? "").split(",").map((one) => [one.split(":")[0], Number(one.split(":")[1])]));
  return OVERRIDABLE_RULES.flatMap((rule) => {
    const tillMs = tills.get(rule) ?? 0;
    return tillMs > nowMs ? [{ rule, until: new Date(tillMs).toISOString() }] : [];
  });
}

/** The word of an account's record on invitations that went without their note: count, since and last, ms, with blanks between. */
function withoutNoteIn(text: string | undefined, nowMs: number): WithoutNote | null {
  const [count = 0, sinceMs = 0, lastMs = 0] = (text ?? "").split(" ").map(Number);
  if (count === 0 || lastMs <= nowMs - CAP_WINDOWS_MS.perMonth) return null;
  return { count, since: new Date(sinceMs).toISOString(), lastAt: new Date(lastMs).toISOString() };
}

function invitationsUse({ most, halve, stop, at, count, pending, accepted, looked, stops, halves }: BoundsUse): InvitationsUse {
  const pendingUse = at === undefined ? null : { counted: count ?? 0, countedAt: new Date(at).toISOString(), atMost: pending ?? 0 };
  const acceptance = looked === undefined ? null : { accepted: accepted ?? 0, looked };
  const isKnown = (most === undefined || pendingUse !== null) && (halve + stop === 0 || acceptance !== null);
  const isFull = most !== undefined && pendingUse !== null && pendingUse.atMost >= most;
  const effect = stops === true ? "stopped" : isFull ? "pending_max" : halves === true ? "halved" : isKnown ? "none" : "not_known";
  return { pending: pendingUse, acceptance, effect };
}

function noAccount(id: string): LinkupError {
  return new LinkupError("not_found", `There is no account ${id}; register it with PUT /v1/accounts/${id}`);
}

export class Accounts {
  readonly #scripts: RedisScripts;
  readonly #secrets: Secrets;
  readonly #digests: Digests;
  readonly #outcomeDays: number;

  readonly #onChanged: OnChanged;

  /** `onChanged` hears of each change that this process makes, once. */
  constructor(
    scripts: RedisScripts,
    secrets: Secrets,
    { outcomeDays, onChanged = () => undefined }: Pick<EngineConfig, "outcomeDays"> & { onChanged?: OnChanged | undefined },
  ) {
    this.#scripts = scripts;
    this.#onChanged = onChanged;
    this.#secrets = secrets;
    this.#outcomeDays = outcomeDays;
    this.#digests = new Digests(scripts, secrets);
  }

  /**
   * Registers or changes an account. Answers the log-in that is now due, or null when the account has a live token already.
   * With `existing` none is made anew. Throws `conflict` for an e-mail address that another account has, and `not_found` with `existing`.
   */
  async register(id: string, registration: Registration, { existing = false }: { existing?: boolean } = {}): Promise<AuthNeed | null> {
    AccountId.parse(id);
    const secrets = this.#secrets;
    const event: PutEvent = {
      type: "put",
      existing: existing || undefined,
      ...keptParts(registration),
      print: "",
    };
    if ("loginToken" in registration) {
      event.token = await secrets.seal(registration.loginToken, { purpose: "token", owner: id });
      event.print = await this.#digests.of("credentials", `token\n${registration.loginToken}`);
    } else {
      const email = registration.email.trim().toLowerCase();
      const login = JSON.stringify({ email, password: registration.password } satisfies Credentials);
      event.credentials = await secrets.seal(login, { purpose: "credentials", owner: id });
      event.emailPrint = await this.#digests.of("email", email);
      event.print = await this.#digests.of("credentials", `login\n${email}\n${registration.password}`);
    }
    const { said, epoch, turn } = await this.#change(id, event);
    if (event.hasHours === true) await this.renewHours(id);
    if (said.startsWith("conflict:")) {
      throw new LinkupError("conflict", `Account ${said.slice("conflict:".length)} has this e-mail address already; remove it there first`);
    }
    return said === "login" ? { accountId: id, state: "refreshing", epoch, turn } : null;
  }

  /** Changes what is known of an account beside its log-in: it is not logged in, and its state stays. Throws `not_found`. */
  async edit(id: string, edit: AccountEdit): Promise<void> {
    const parts = keptParts(edit);
    await this.#change(id, { type: "edit", ...parts });
    if (parts.hasHours === true) await this.renewHours(id);
  }

  /** Takes the code that LinkedIn sent to the member. Throws `conflict` unless the account waits for one, and none is being tried. */
  async giveCode(id: string, code: string): Promise<AuthNeed> {
    const { said, epoch } = await this.#change(id, {
      type: "code_given",
      code: await this.#secrets.seal(code, { purpose: "code", owner: id }),
    });
    if (said === "verifying") {
      throw new LinkupError("conflict", `A code of account ${id} is being tried already; GET /v1/accounts/${id} shows what comes of it`);
    }
    if (!said.startsWith("verify:")) {
      throw new LinkupError("conflict", `Account ${id} is not waiting for a code; GET /v1/accounts/${id} shows its state`);
    }
    return { accountId: id, state: "awaiting_code", epoch, turn: Number(said.slice("verify:".length)) };
  }

  /** Stops all work of an account, by hand. */
  async pause(id: string): Promise<void> {
    await this.#change(id, { type: "pause" });
  }

  /** Takes a paused or troubled account back to work. Answers the log-in that this needs, or null. */
  async resume(id: string): Promise<AuthNeed | null> {
    const { said, epoch, turn } = await this.#change(id, { type: "resume" });
    return said === "login" ? { accountId: id, state: "refreshing", epoch, turn } : null;
  }

  /** Ends a rest of the account, by hand; false when there is none. Its ladder stays: the next rest is as long as it would have been. */
  async endRest(id: string, scope: string): Promise<boolean> {
    const { said } = await this.#happen(id, { type: "end_rest", scope });
    return said === "rest_over";
  }

  /**
   * Puts a rule of the account out of force for its urgent jobs that are of no campaign until `untilMs`, at most a day from now; null: it holds again. Calls under it count as ever. Throws
   * `not_found`, and `invalid_input` for another moment.
   */
  async override(id: string, rule: OverridableRule, untilMs: number | null): Promise<void> {
    const { said } = await this.#change(id, { type: "override", rule, tillMs: untilMs ?? 0 });
    if (said === "not_within_a_day") throw new LinkupError("invalid_input", "`until` must be a moment within the next 24 hours");
  }

  /** Forgets the account and its secrets; jobs that wait for it end `cancelled`. */
  async remove(id: string): Promise<void> {
    await this.#change(id, { type: "remove" });
  }

  /** One account, without its secrets; null when there is none. */
  async read(id: string): Promise<Account | null> {
    const [account] = await this.#readAll([id]);
    return account ?? null;
  }

  /** The accounts that exist among `ids`, without their secrets. */
  async readMany(ids: readonly string[]): Promise<Account[]> {
    return await this.#readAll(ids);
  }

  /** The caps that hold for an account with what counts to each, and when its hours open. */
  async rulesOf(id: string): Promise<RulesUse> {
    const { caps: found, bounds, opensAtMs, isCareful } = await this.#scripts.run(accountRulesUseScript, { account: id });
    const caps = found
      .map(({ scope, most, windowMs, used, isKnown, freeAtMs }) => ({
        scope,
        window: CAP_WINDOWS.find((window) => CAP_WINDOWS_MS[window] === windowMs) ?? "perDay",
        cap: most,
        used,
        known: isKnown,
        nextFreeAt: freeAtMs === 0 || endsByHand(freeAtMs) ? null : new Date(freeAtMs).toISOString(),
        windowMs,
      }))
      .sort((one, other) => (one.scope === other.scope ? one.windowMs - other.windowMs : one.scope < other.scope ? -1 : 1))
      .map(({ windowMs: _, ...use }) => use);
    const invitations = bounds === undefined ? null : invitationsUse(bounds);
    return {
      caps,
      invitations,
      opensAt: opensAtMs === 0 ? null : new Date(opensAtMs).toISOString(),
      setting: isCareful ? "careful" : "none",
    };
  }

  /**
   * Writes ahead when accounts with hours are open, where little of it is left; until that is done they are closed. Reads at most a hundred of
   * them, so that whoever calls it now and then keeps any number written. `id`: of that account alone, as its policy was just put. Answers how many it wrote.
   */
  async renewHours(id?: string): Promise<number> {
    const { nowMs, accounts } = await this.#scripts.run(accountHoursDueScript, { aheadMs: HOURS_AHEAD_MS / 2, account: id });
    const tillMs = nowMs + HOURS_AHEAD_MS;
    let written = 0;
    for (const { id: account, policy } of accounts) {
      const { hours } = AccountPolicy.parse(JSON.parse(policy));
      if (hours === undefined) continue;
      const open = openTimes(hours, nowMs - HOURS_BACK_MS, tillMs);
      if (await this.#scripts.run(accountHoursScript, { account, policy, tillMs, open })) written += 1;
    }
    return written;
  }

  /** Counts calls that a person made by hand to the caps of an account. Throws `not_found`. */
  async bookSent(id: string, { operation, note = false, count, atMs, name }: SentByHand): Promise<void> {
    const scopes = scopesOf(operation, note ? { message: "note" } : {}).join();
    if (!(await this.#scripts.run(accountSentScript, { account: id, scopes, name, count, atMs }))) throw noAccount(id);
  }

  /** Accounts in the order of their ids, starting after `afterId`, at most `limit`. */
  async list({ afterId, limit }: { afterId?: string | undefined; limit: number }): Promise<Account[]> {
    const ids = await this.#scripts.namesAfter(this.#scripts.keys.accounts, afterId, limit);
    return await this.#readAll(ids);
  }

  /** The auth work that an account's state asks for now, or null. */
  async authNeed(id: string): Promise<AuthNeed | null> {
    const fields = ["state", "why", "epoch", "try", "codeTry"] as const;
    const [state, why, epoch, tries, codes] = await this.#scripts.client.hmget(this.#scripts.keys.account(id), ...fields);
    if (state === "refreshing") return { accountId: id, state, epoch: Number(epoch), turn: Number(tries) };
    if (state === "awaiting_code" && why === "verifying") return { accountId: id, state, epoch: Number(epoch), turn: Number(codes) };
    return null;
  }

  /**
   * The job for this need is over and served nothing: begins a new turn, with the next number, unless the account went on meanwhile. A call
   * that may have left counts as one whose outcome is unknown. Answers what is needed now, or null.
   */
  async renewAuthNeed(need: AuthNeed, { ledgerDays }: { ledgerDays: number }): Promise<AuthNeed | null> {
    const { accountId, state, epoch, turn } = need;
    const digest = jobDigest({ queue: AUTH_QUEUE, id: authJobId(need), timestamp: 0 });
    const event: PeopleEvent = { type: "auth_job_over", state, epoch, turn, digest, ledgerDays };
    await this.#happen(accountId, event);
    return await this.authNeed(accountId);
  }

  /** E-mail, password and country for a log-in; null when the account is gone or has no password. */
  async credentials(id: string): Promise<(Credentials & { country: string | null }) | null> {
    const [sealed, country] = await this.#scripts.client.hmget(this.#scripts.keys.account(id), "credentials", "country");
    if (!sealed) return null;
    return {
      ...StoredCredentials.parse(JSON.parse(await this.#secrets.open(sealed, { purpose: "credentials", owner: id }))),
      country: country || null,
    };
  }

  /** The code a person gave, or null. */
  async code(id: string): Promise<string | null> {
    const sealed = await this.#scripts.client.hget(this.#scripts.keys.account(id), "code");
    return sealed ? await this.#secrets.open(sealed, { purpose: "code", owner: id }) : null;
  }

  /**
   * Every secret that is kept of these accounts, in clear: for taking them out of what people are shown, and for nothing else. `unreadable`:
   * the accounts of which one is kept that can't be opened, and so can't be taken out of anything.
   */
  async secretsOf(ids: readonly string[]): Promise<{ secrets: string[]; unreadable: string[] }> {
    const secrets: string[] = [];
    const unreadable: string[] = [];
    if (ids.length === 0) return { secrets, unreadable };
    const pipeline = this.#scripts.client.pipeline();
    for (const id of ids) pipeline.hmget(this.#scripts.keys.account(id), "credentials", "token", "code");
    const replies = ((await pipeline.exec()) ?? []).map(([, value]) => (Array.isArray(value) ? value : []));
    const opened = await Promise.allSettled(
      replies.map(async ([credentials, token, code]: unknown[], at) => {
        const open = async (sealed: unknown, purpose: SealPurpose) =>
          sealed ? [await this.#secrets.open(String(sealed), { purpose, owner: ids[at] ?? "" })] : [];
        const [login] = await open(credentials, "credentials");
        const texts = [...(await open(token, "token")), ...(await open(code, "code"))];
        if (login === undefined) return texts;
        const { email, password } = StoredCredentials.parse(JSON.parse(login));
        return [email, password, ...texts];
      }),
    );
    for (const [at, one] of opened.entries()) {
      if (one.status === "rejected") unreadable.push(ids[at] ?? "");
      else for (const secret of one.value) secrets.push(secret);
    }
    return { secrets, unreadable };
  }

  /**
   * Takes accounts back to work whose sealed token or credentials did not open for another process and do open for this one. Answers how many.
   * The log-in that one may need is started by the sweep.
   */
  async recoverReadable(): Promise<number> {
    let recovered = 0;
    for (let afterId: string | undefined; ; ) {
      const page = await this.list({ afterId, limit: RECOVER_PAGE });
      const shut = page.filter(({ state, why }) => state === "needs_attention" && why === SECRET_UNREADABLE).map(({ id }) => id);
      const { unreadable } = await this.secretsOf(shut);
      for (const id of shut.filter((one) => !unreadable.includes(one))) {
        const { said } = await this.#happen(id, { type: "secrets_readable" });
        if (said !== "" && said !== "unknown_account") recovered += 1;
      }
      afterId = page.at(-1)?.id;
      if (page.length < RECOVER_PAGE) return recovered;
    }
  }

  async #change(id: string, event: PeopleEvent): Promise<{ said: string; epoch: number; turn: number }> {
    const { said, epoch, turn } = await this.#happen(id, event);
    if (said === "unknown_account") throw noAccount(id);
    return { said, epoch, turn };
  }

  async #happen(account: string, event: PeopleEvent): Promise<ReplyOf<typeof accountEventScript>> {
    const reply = await this.#scripts.run(accountEventScript, { account, event, outcomeDays: this.#outcomeDays });
    if (reply.changed.length > 0) this.#onChanged(reply.changed);
    return reply;
  }

  async #readAll(ids: readonly string[]): Promise<Account[]> {
    if (ids.length === 0) return [];
    const pipeline = this.#scripts.client.pipeline();
    for (const id of ids) pipeline.hmget(this.#scripts.keys.account(id), ...SHOWN).zcard(this.#scripts.keys.lane(id));
    pipeline.hget(this.#scripts.keys.state, "now");
    const replies = ((await pipeline.exec()) ?? []).map(([, value]) => value);
    const nowMs = Number(replies.at(-1) ?? 0);
    return ids.flatMap((id, index) => {
      const fields = replies[index * 2];
      if (!Array.isArray(fields) || fields[0] === null) return [];
      const stored = StoredAccount.parse(Object.fromEntries(SHOWN.map((name, at) => [name, fields[at] ?? undefined])));
      return [
        {
          id,
          state: stored.state,
          why: stored.why,
          epoch: stored.epoch,
          country: stored.country || null,
          maxInFlight: stored.max || null,
          plan: stored.plan ?? null,
          policy: stored.policy === undefined ? null : AccountPolicy.parse(JSON.parse(stored.policy)),
          parked: Number(replies[index * 2 + 1] ?? 0),
          createdAt: iso(stored.createdAt) ?? "",
          lastRefreshAt: iso(stored.lastRefreshAt),
          coolingUntil: stored.state === "cooling" ? iso(stored.until) : null,
          rests: restsIn(stored.rests, nowMs),
          overrides: overridesIn(stored.overrides, nowMs),
          replyWatch: stored.replyWatch === undefined ? null : { everyMinutes: stored.replyWatch },
          inboxReadAt: iso(stored.inboxReadAt),
          inboxWaitsSince: iso(stored.inboxWaits),
          autoWithdrawAfterDays: stored.withdrawAfter ?? null,
          invitationsReadAt: iso(stored.invitesReadAt),
          invitationsWaitSince: iso(stored.invitesWait),
          withoutNote: withoutNoteIn(stored.bare, nowMs),
        },
      ];
    });
  }
}
