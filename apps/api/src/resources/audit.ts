/** `/v1/audit`: who changed what. */
import { AUDIT_WAYS, AuditPlace } from "@linkup-queue/queue";
import { z } from "zod";
import { fromCursor, PAGE_QUERY, pageOf, toCursor } from "../http/page.ts";
import { type Route, route } from "../http/route.ts";

const AuditRow = z
  .object({
    at: z.string(),
    by: z.string().describe("the token's name; at the command line the user of that machine; `schedule` for a tick of one"),
    via: z.enum(AUDIT_WAYS),
    from: z.string().describe("the caller's address; at the command line, and of a tick's worker, the machine's name"),
    what: z.string().describe("the call, action or command"),
    target: z.string().describe("the ids of what was changed; empty for none"),
    status: z.string().describe("how it was answered; 5xx: it may or may not have been done; of a tick `added` or `skipped`"),
    count: z.int().describe("jobs are added by the thousand: so many such calls within some seconds"),
  })
  .meta({ id: "AuditEntry" });

export const AUDIT_ROUTES: readonly Route[] = [
  route({
    name: "listAuditEntries",
    method: "get",
    path: "/v1/audit",
    role: "admin",
    tag: "audit",
    summary: "Who changed what, when and from where: the newest first",
    description:
      "Every change by HTTP, console, board and command line, for 90 days, and of a hundred thousand entries the newest. So is every tick of a schedule, with its schedule and its job, of ten thousand the newest; the call of its job is no entry. Requests that were refused changed nothing and are not there. No entry holds a secret, a body, or a person's address.",
    query: z.strictObject(PAGE_QUERY),
    answers: { 200: { description: "A page of entries", schema: pageOf(AuditRow) } },
    handle: async ({ engine }, { query: { limit, cursor } }) => {
      const found = await engine.audit.read({ before: fromCursor(cursor, AuditPlace), limit: limit + 1 });
      const items = found.slice(0, limit);
      const nextCursor = found.length > limit ? toCursor(items.at(-1)?.id) : null;
      return { status: 200, body: { items, nextCursor } };
    },
  }),
];
