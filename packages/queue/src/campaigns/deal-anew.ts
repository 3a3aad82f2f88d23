/**
 * Deals a campaign's recipients that are not fed over other accounts: in the order of the list, from its beginning, as if it had come to these accounts
 * alone. The deal is laid out beside the list at flat memory; the edit takes it in one step, if nothing moved meanwhile.
 */
import { randomUUID } from "node:crypto";
import type { RedisScripts } from "../redis/scripts.ts";
import { packShares } from "./accept-recipients.ts";
import type { CampaignDeal } from "./campaign-deal.ts";
import { charactersOf, isForgotten, type Recipient } from "./campaign-recipients.ts";
import { dealShares, turnOf } from "./campaign-shares.ts";
import { campaignLayOutScript } from "./lua/campaign-lay-out.ts";
import { unsentRows } from "./unsent.ts";

/** A batch goes when it has this many recipients, or characters of them, as one that comes in. */
const BATCH_ROWS = 1_000;
const BATCH_CHARACTERS = 512 * 1024;

/** How far an account's share is fed, and how many of its rows are not. */
type Share = { account: string; chunk: number; at: number; left: number };
type Reading = { erased: number; total: number; shares: readonly Share[] };

/** Lays the deal out. `from`: the campaign's accounts of now; `to`: those of then. */
export async function dealAnew(
  scripts: RedisScripts,
  id: string,
  { from, to }: { from: readonly string[]; to: readonly string[] },
): Promise<CampaignDeal> {
  const reading = await readShares(scripts, id, from);
  const deal = { name: randomUUID(), shares: new Map<string, { count: number; chunks: number }>(), place: 0 };
  let passed = 0;
  let batch: Recipient[] = [];
  let characters = 0;
  const layOut = async () => {
    const shares = dealShares(batch, to, deal.place);
    deal.place += batch.length;
    batch = [];
    characters = 0;
    const said = shares.map(({ accountId, recipients }) => {
      const { count, chunks } = deal.shares.get(accountId) ?? { count: 0, chunks: 0 };
      deal.shares.set(accountId, { count: count + recipients.length, chunks: chunks + 1 });
      return { account: accountId, chunk: chunks };
    });
    await scripts.run(campaignLayOutScript, { campaign: id, deal: deal.name, shares: said }, await packShares(shares));
  };
  for await (const recipient of inListOrder(scripts, id, reading)) {
    if (isForgotten(recipient)) {
      passed += 1;
      continue;
    }
    batch.push(recipient);
    characters += charactersOf(recipient);
    if (batch.length >= BATCH_ROWS || characters >= BATCH_CHARACTERS) await layOut();
  }
  if (batch.length > 0) await layOut();
  return {
    name: deal.name,
    erased: reading.erased,
    from: reading.shares.map(({ account, chunk, at }) => ({ account, chunk, at })),
    shares: [...deal.shares].map(([account, share]) => ({ account, ...share })),
    passed,
  };
}

async function readShares(scripts: RedisScripts, id: string, accounts: readonly string[]): Promise<Reading> {
  const wanted = accounts.flatMap((account) => [`chunk:${account}`, `at:${account}`, `left:${account}`]);
  const read = await scripts.client.hmget(scripts.keys.campaign(id), "erased", "accepted", "dealtFrom", ...wanted);
  const numbers = read.map((text) => Number(text ?? 0));
  const [erased = 0, accepted = 0, dealtFrom = 0] = numbers;
  const shares = accounts.map((account, at) => {
    const [chunk = 0, row = 0, left = 0] = numbers.slice(3 + 3 * at, 6 + 3 * at);
    return { account, chunk, at: row, left };
  });
  return { erased, total: accepted - dealtFrom, shares };
}

/**
 * The rows that are not fed in the order of the list, erased ones among them: whose share each place is, is known, and of each share the first ones were fed.
 * A list that an earlier version filled was dealt in another way: its order is the list's by account alone.
 */
async function* inListOrder(scripts: RedisScripts, id: string, { total, shares }: Reading): AsyncGenerator<Recipient> {
  const rows = shares.map(({ account }) => new Rows(unsentRows(scripts, id, account)));
  const dealt = shares.map(() => 0);
  for (let place = 0; place < total; place++) {
    const turn = turnOf(place, shares.length);
    dealt[turn] = (dealt[turn] ?? 0) + 1;
  }
  const fed = shares.map(({ left }, turn) => (dealt[turn] ?? 0) - left);
  for (let place = 0; place < total; place++) {
    const turn = turnOf(place, shares.length);
    fed[turn] = (fed[turn] ?? 0) - 1;
    if ((fed[turn] ?? 0) >= 0) continue;
    const row = await rows[turn]?.next();
    if (row !== undefined) yield row;
  }
  for (const others of rows) for (let row = await others.next(); row !== undefined; row = await others.next()) yield row;
}

/** Rows one by one from their chunks. */
class Rows {
  readonly #chunks: AsyncGenerator<Recipient[]>;
  #chunk: readonly Recipient[] = [];
  #at = 0;

  constructor(chunks: AsyncGenerator<Recipient[]>) {
    this.#chunks = chunks;
  }

  async next(): Promise<Recipient | undefined> {
    while (this.#at >= this.#chunk.length) {
      const { value, done } = await this.#chunks.next();
      if (done) return undefined;
      this.#chunk = value;
      this.#at = 0;
    }
    return this.#chunk[this.#at++];
  }
}
