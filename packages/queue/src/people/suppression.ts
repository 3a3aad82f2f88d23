/** One entry of the list of people who are not to be contacted: what is asked for, and what is kept. */
import { AccountId, textFault } from "@linkup-queue/contracts";
import { z } from "zod";
import { CampaignId } from "../campaigns/campaign-definition.ts";

const SCOPE = "must be all, account:<id> or campaign:<id>";

/** Whom it binds: all, one account, or one campaign. */
export const SuppressionScope = z.string(SCOPE).refine((text) => {
  const [, kind, id] = /^(account|campaign):(.+)$/s.exec(text) ?? [];
  if (kind === undefined) return text === "all";
  return (kind === "account" ? AccountId : CampaignId).safeParse(id).success;
}, SCOPE);

const MOST_REASON = 100;
/** Kept as it is for as long as the entry, also when the person is forgotten: it names nobody. */
const Reason = z
  .string("must be text")
  .trim()
  .max(MOST_REASON, `must be at most ${MOST_REASON} characters`)
  .refine((text) => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text) && textFault(text) === null, "must be one line of text");
const Until = z.iso.datetime({ offset: true, error: "must be an ISO date and time" });

/** A part that is left out: all, no reason, no end. */
export const SuppressionRequest = z.strictObject({
  scope: SuppressionScope.default("all"),
  reason: Reason.default(""),
  until: Until.nullable()
    .default(null)
    .refine((text) => text === null || Date.parse(text) > Date.now(), "must lie ahead"),
});
export type SuppressionRequest = z.infer<typeof SuppressionRequest>;

/** As it is kept: `person` is a digest, from which nothing leads back. */
export type Suppression = { person: string; scope: string; reason: string; until: string | null; since: string };

/** Reads a person's text, see people.lua; entries whose end has passed by `nowMs` are none. */
export function readSuppressions(person: string, text: string, nowMs: number): Suppression[] {
  return text.split("\n").flatMap((line) => {
    const [, scope = "", till = "", since = "", reason = ""] = /^(\S+) (\d+) (\d+) ?(.*)$/.exec(line) ?? [];
    if (scope === "" || (till !== "0" && Number(till) <= nowMs)) return [];
    const until = till === "0" ? null : new Date(Number(till)).toISOString();
    return [{ person, scope, reason, until, since: new Date(Number(since)).toISOString() }];
  });
}
