/**
 * Seals with LINKUP_SECRETS_KEY what was sealed with the former key, or by a version that bound it to nothing. It may be stopped anywhere and
 * begun anew, and beside any number of processes that read and write the same secrets.
 */
import { CANARY_FIELD, DIGESTS_FIELD, PEOPLE_FIELD, PEOPLE_PLACE } from "./digests.ts";
import { resealScript } from "./lua/reseal.ts";
import type { RedisScripts } from "./scripts.ts";
import type { SealPlace, Secrets } from "./secrets.ts";

/** `left`: what could not be opened, and stays as it is. */
export type Resealed = { resealed: number; left: number };

/** Of the key's state: names the key that everything is sealed with, or is being sealed with. */
export const SEALER_FIELD = "sealer";
const PAGE = 200;
const ACCOUNT_FIELDS = ["credentials", "token", "code"] as const;
type Sealed = { of: "account" | "webhook" | "key"; id: string; field: string; was: string; place: SealPlace };

/** Seals everything anew that is not sealed as things are now. */
export async function resealAll(scripts: RedisScripts, secrets: Secrets): Promise<Resealed> {
  // Before the first text: a process without this key knows by it that what does not open is not the record's fault.
  await scripts.client.hset(scripts.keys.state, SEALER_FIELD, secrets.keyId);
  const total: Resealed = { resealed: 0, left: 0 };
  for await (const one of everySealed(scripts)) {
    if (!secrets.isStale(one.was)) continue;
    const text = await secrets.open(one.was, one.place).catch(() => null);
    if (text === null) {
      total.left += 1;
      continue;
    }
    const { place, ...sealed } = one;
    total.resealed += await scripts.run(resealScript, { ...sealed, becomes: await secrets.seal(text, place) });
  }
  return total;
}

/** The sealed fields and where they belong; the key's own last, as it tells whoever starts that their key opens all. */
async function* everySealed(scripts: RedisScripts): AsyncGenerator<Sealed> {
  yield* sealedIn(scripts, { set: scripts.keys.accounts, of: "account", fields: ACCOUNT_FIELDS });
  yield* sealedIn(scripts, { set: scripts.keys.webhooks, of: "webhook", fields: ["sealed"] });
  const own = {
    [DIGESTS_FIELD]: { purpose: "digests", owner: scripts.keyId },
    [PEOPLE_FIELD]: PEOPLE_PLACE,
    [CANARY_FIELD]: { purpose: "canary", owner: "" },
  } as const;
  for (const [field, place] of Object.entries(own)) {
    const was = await scripts.client.hget(scripts.keys.state, field);
    if (was) yield { of: "key", id: "", field, was, place };
  }
}

type Kind = { set: string; of: "account" | "webhook"; fields: readonly ("credentials" | "token" | "code" | "sealed")[] };

async function* sealedIn(scripts: RedisScripts, { set, of, fields }: Kind): AsyncGenerator<Sealed> {
  for (let afterId: string | undefined; ; ) {
    const ids = await scripts.namesAfter(set, afterId, PAGE);
    const pipeline = scripts.client.pipeline();
    for (const id of ids) pipeline.hmget(scripts.keys[of](id), ...fields);
    const replies = ids.length === 0 ? [] : ((await pipeline.exec()) ?? []);
    for (const [at, id] of ids.entries()) {
      const values = replies[at]?.[1];
      for (const [index, field] of fields.entries()) {
        const was: unknown = Array.isArray(values) ? values[index] : null;
        const purpose = field === "sealed" ? "webhook" : field;
        if (typeof was === "string" && was !== "") yield { of, id, field, was, place: { purpose, owner: id } };
      }
    }
    afterId = ids.at(-1);
    if (ids.length < PAGE) return;
  }
}
