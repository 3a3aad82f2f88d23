/** LinkedIn accounts: registered by people, kept encrypted, shown without a secret. The transitions are the scripts'. */
import { AccountId, AUTH_QUEUE, LinkupError } from "@linkup-queue/contracts";
import { z } from "zod";
import { jobDigest } from "../job/job-ref.ts";
import { Digests } from "../redis/digests.ts";
import type { EngineConfig } from "../redis/engine-config.ts";
import type { ReplyOf } from "../redis/script.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { SealPurpose, Secrets } from "../redis/secrets.ts";
import { type Rest, restsIn } from "../safety/rests.ts";
import { accountEventScript, type PeopleEvent } from "./lua/account.ts";

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
  /** Jobs held for this account. */
  parked: number;
  createdAt: string;
  lastRefreshAt: string | null;
  /** Until when it rests, when `cooling`. */
  coolingUntil: string | null;
  /** The parts of it that rest, as LinkedIn limits them. */
  rests: readonly Rest[];
};

export type Credentials = { email: string; password: string };

export type Registration = {
  country?: string | undefined;
  maxInFlight?: number | undefined;
} & ({ email: string; password: string } | { loginToken: string });

/** The purpose of an account's auth job: `turn` counts log-ins within an epoch, or codes given. */
export type AuthNeed = { accountId: string; state: "refreshing" | "awaiting_code"; epoch: number; turn: number };

/** The id of the job that serves a need: each need has one. */
export function authJobId({ state, accountId, epoch, turn }: AuthNeed): string {
  return `${state}~${accountId}~${epoch}~${turn}`;
}

const iso = (ms: string | undefined): string | null => (ms ? new Date(Number(ms)).toISOString() : null);

const StoredAccount = z.object({
  state: AccountState,
  why: z.string().default(""),
  epoch: z.coerce.number().int().default(0),
  country: z.string().default(""),
  max: z.coerce.number().int().default(0),
  createdAt: z.string().optional(),
  lastRefreshAt: z.string().optional(),
  until: z.string().optional(),
  rests: z.string().optional(),
});
const SHOWN = ["state", "why", "epoch", "country", "max", "createdAt", "lastRefreshAt", "until", "rests"] as const;
const StoredCredentials = z.object({ email: z.string(), password: z.string() });

export class Accounts {
  readonly #scripts: RedisScripts;
  readonly #secrets: Secrets;
  readonly #digests: Digests;
  readonly #outcomeDays: number;

  constructor(scripts: RedisScripts, secrets: Secrets, { outcomeDays }: Pick<EngineConfig, "outcomeDays">) {
    this.#scripts = scripts;
    this.#secrets = secrets;
    this.#outcomeDays = outcomeDays;
    this.#digests = new Digests(scripts, secrets);
  }

  /**
   * Registers or changes an account. Answers the log-in that is now due, or null when the account has a live token already.
   * Throws `conflict` for an e-mail address that another account has.
   */
  async register(id: string, registration: Registration): Promise<AuthNeed | null> {
    AccountId.parse(id);
    const secrets = this.#secrets;
    const event: Extract<PeopleEvent, { type: "put" }> = {
      type: "put",
      country: registration.country,
      max: registration.maxInFlight,
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
    if (said.startsWith("conflict:")) {
      throw new LinkupError("conflict", `Account ${said.slice("conflict:".length)} has this e-mail address already; remove it there first`);
    }
    return said === "login" ? { accountId: id, state: "refreshing", epoch, turn } : null;
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

  async #change(id: string, event: PeopleEvent): Promise<{ said: string; epoch: number; turn: number }> {
    const { said, epoch, turn } = await this.#happen(id, event);
    if (said === "unknown_account")
      throw new LinkupError("not_found", `There is no account ${id}; register it with PUT /v1/accounts/${id}`);
    return { said, epoch, turn };
  }

  async #happen(account: string, event: PeopleEvent): Promise<ReplyOf<typeof accountEventScript>> {
    return await this.#scripts.run(accountEventScript, { account, event, outcomeDays: this.#outcomeDays });
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
          parked: Number(replies[index * 2 + 1] ?? 0),
          createdAt: iso(stored.createdAt) ?? "",
          lastRefreshAt: iso(stored.lastRefreshAt),
          coolingUntil: stored.state === "cooling" ? iso(stored.until) : null,
          rests: restsIn(stored.rests, nowMs),
        },
      ];
    });
  }
}
