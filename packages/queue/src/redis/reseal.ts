/**
 * Seals with LINKUP_SECRETS_KEY what was sealed with the former key, or by a version that bound it to nothing. It may be stopped anywhere and
 * begun anew, and beside any number of processes that read and write the same secrets.
 */
import { DIGESTS_FIELD } from "./digests.ts";
import type { RedisScripts } from "./scripts.ts";
import type { SealPlace, Secrets } from "./secrets.ts";

/** `left`: what could not be opened, and stays as it is. */
export type Resealed = { resealed: number; left: number };

const PAGE = 200;
const ACCOUNT_FIELDS = ["credentials", "token", "code"] as const;
type Sealed = { name: string; field: string; was: string; place: SealPlace };

/** Seals everything anew that is not sealed as things are now. */
export async function resealAll(scripts: RedisScripts, secrets: Secrets): Promise<Resealed> {
  const total: Resealed = { resealed: 0, left: 0 };
  for await (const one of everySealed(scripts)) {
    if (!secrets.isStale(one.was)) continue;
    const text = await secrets.open(one.was, one.place).catch(() => null);
    if (text === null) {
      total.left += 1;
      continue;
    }
    const { name, field, was } = one;
    total.resealed += Number(await scripts.run("reseal", { name, field, was, becomes: await secrets.seal(text, one.place) }));
  }
  return total;
}

/** What is kept sealed and where it belongs; the key's own last, as it tells whoever starts that their key opens all. */
async function* everySealed(scripts: RedisScripts): AsyncGenerator<Sealed> {
  yield* sealedIn(scripts, { set: "accounts", prefix: "account", fields: ACCOUNT_FIELDS });
  yield* sealedIn(scripts, { set: "webhooks", prefix: "webhook", fields: ["sealed"] });
  const own = { [DIGESTS_FIELD]: { purpose: "digests", owner: scripts.keyId }, canary: { purpose: "canary", owner: "" } } as const;
  for (const [field, place] of Object.entries(own)) {
    const was = await scripts.client.hget(scripts.key("key"), field);
    if (was) yield { name: "key", field, was, place };
  }
}

type Kind = { set: string; prefix: "account" | "webhook"; fields: readonly ("credentials" | "token" | "code" | "sealed")[] };

async function* sealedIn(scripts: RedisScripts, { set, prefix, fields }: Kind): AsyncGenerator<Sealed> {
  for (let afterId: string | undefined; ; ) {
    const ids = await scripts.namesAfter(set, afterId, PAGE);
    const pipeline = scripts.client.pipeline();
    for (const id of ids) pipeline.hmget(scripts.key(`${prefix}:${id}`), ...fields);
    const replies = ids.length === 0 ? [] : ((await pipeline.exec()) ?? []);
    for (const [at, id] of ids.entries()) {
      const values = replies[at]?.[1];
      for (const [index, field] of fields.entries()) {
        const was: unknown = Array.isArray(values) ? values[index] : null;
        const purpose = field === "sealed" ? "webhook" : field;
        if (typeof was === "string" && was !== "") yield { name: `${prefix}:${id}`, field, was, place: { purpose, owner: id } };
      }
    }
    afterId = ids.at(-1);
    if (ids.length < PAGE) return;
  }
}
