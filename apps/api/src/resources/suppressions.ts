/** `/v1/suppressions`: people who are not to be contacted. The list keeps digests, so no answer names anybody. */
import { ndjsonRows, tableRows } from "@linkup-queue/campaign-files";
import { SUPPRESSION_USES, type SuppressionsTaken, takeSuppressions } from "@linkup-queue/campaign-streams";
import { LinkupError } from "@linkup-queue/contracts";
import { PERSON_DIGEST, SuppressionRequest, SuppressionScope } from "@linkup-queue/queue";
import { z } from "zod";
import { ClientGone, readChunks } from "../body/read-chunks.ts";
import { ErrorBody, errorBody, invalidInput } from "../http/api-error.ts";
import { HTTP_STATUS } from "../http/http-status.ts";
import { fromCursor, PAGE_QUERY, pageOf, toCursor } from "../http/page.ts";
import { personKeyOf } from "../http/person-key-of.ts";
import { type Route, route } from "../http/route.ts";

const NDJSON = ["application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"] as const;
const MOST_LISTED = 1_000;
const MOST_ISSUES = 20;

const url = z.string().describe("the address of the person's profile in any spelling, or their profile id (`ACoAA...`) or URN");
const EXAMPLE_PERSON = "aB3dE5gH7jK9mN1p";
const person = z
  .string()
  .regex(PERSON_DIGEST, "must be a person as this list names them")
  .describe("a person as this list names them")
  .meta({ example: EXAMPLE_PERSON });
const Who = z.strictObject({ url: url.optional(), person: person.optional() });

const SuppressionResponse = z
  .object({
    person: z.string().describe("a digest, which leads back to nobody"),
    scope: z.string().describe("`all`, `account:<id>` or `campaign:<id>`"),
    reason: z.string(),
    until: z.string().nullable().describe("null: without an end"),
    since: z.string(),
  })
  .meta({
    id: "Suppression",
    example: { person: EXAMPLE_PERSON, scope: "all", reason: "objected", until: null, since: "2028-01-03T09:00:00.000Z" },
  });

const EndedJobs = z
  .object({
    ended: z.int().describe("jobs that waited; each ended `cancelled`, `suppressed`"),
    inFlight: z.int().describe("jobs whose call is out, or may be: their outcomes tell what came of them"),
  })
  .meta({ id: "SuppressedJobs" });

const SuppressionPut = z
  .object({ entries: z.array(SuppressionResponse).describe("all that the list has of the person"), jobs: EndedJobs })
  .meta({ id: "SuppressionPut" });

const SuppressionsTakenResponse = z
  .object({
    added: z.int(),
    changed: z.int().describe("people who were on the list with this scope, and have another reason or end now"),
    same: z.int(),
    rejected: z
      .array(z.object({ line: z.int(), row: z.int().optional(), error: ErrorBody.shape.error }))
      .describe(`the first ${MOST_LISTED}, with their lines`),
    rejectedCount: z.int(),
    jobs: EndedJobs,
  })
  .meta({ id: "SuppressionsTaken" });

const SuppressionLine = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).meta({
  id: "SuppressionLine",
  example: { linkedin_url: "https://www.linkedin.com/in/ada-lovelace", scope: "all", reason: "objected" },
  description:
    "one object a line, or a row of a table: any column with the address of a profile or a profile id, and `scope`, `reason`, `until`",
});

function whoOf({ url: address, person: digest }: z.infer<typeof Who>): { key: string } | { digest: string } | null {
  if (address !== undefined && digest !== undefined) throw invalidInput([{ path: "person", message: "goes without url" }]);
  if (address !== undefined) return { key: personKeyOf(address) };
  return digest === undefined ? null : { digest };
}

const tag = "people";

export const SUPPRESSION_ROUTES: readonly Route[] = [
  route({
    name: "suppressPerson",
    method: "put",
    path: "/v1/suppressions",
    role: "producer",
    tag,
    summary: "Put a person on the list of those who are not to be contacted",
    description:
      "From then on no message and no invitation to them leaves, whichever way its job came: what waits ends `cancelled`, `suppressed`, free. All jobs that wait are looked through, so it takes a while; what the answer says is done. Repeating it changes nothing. The list keeps a digest and outlives the person's erasure.",
    query: z.strictObject({ url }),
    body: SuppressionRequest.meta({
      id: "SuppressionRequest",
      example: { scope: "all", reason: "objected", until: null },
      description: "`scope`: `all`, `account:<id>` or `campaign:<id>`; a part that is left out: all, no reason, no end",
    }),
    optionalBody: true,
    slow: true,
    answers: { 200: { description: "On the list", schema: SuppressionPut } },
    handle: async ({ engine }, { query, body }) => {
      const { suppressions, stoppedJobs } = engine.people;
      const key = personKeyOf(query.url);
      // Whatever ends below has its outcome told by this: the entry is confirmed first.
      await engine.confirmed(() => suppressions.put([{ ...body, people: [key] }]));
      const jobs = await stoppedJobs.end("suppressed", [key]);
      return { status: 200, body: { entries: await suppressions.of({ key }), jobs } };
    },
  }),
  route({
    name: "suppressPeople",
    method: "post",
    path: "/v1/suppressions",
    role: "producer",
    tag,
    summary: "Put a list of people on it, as NDJSON or text/csv, any number of them",
    description:
      "A row names its person by any column that has an address or a profile id; two of them in a row are two spellings of one person. `scope`, `reason` and `until` are optional. A list that `linkup suppressions export` wrote is taken with its digests, by a Redis that has no list or the same one. A row that can't be read is rejected by itself. An error answer holds the same counts: who was counted is on the list.",
    body: SuppressionLine,
    streams: [...NDJSON, "text/csv"],
    answers: {
      200: { description: "What became of the rows", schema: SuppressionsTakenResponse },
      409: { description: "An exported list of another secret than the list that is there" },
    },
    handle: async ({ engine, limits, redis, stopping, log }, { caller, request, response }) => {
      const { suppressions, stoppedJobs } = engine.people;
      const counts: SuppressionsTaken = { added: 0, changed: 0, same: 0, rejected: 0 };
      const rejected: z.infer<typeof SuppressionsTakenResponse>["rejected"] = [];
      const type = request.headers["content-type"] ?? "";
      const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(type)?.[1] ?? null;
      const isTable = /^\s*text\/csv\b/i.test(type);
      const rows = isTable ? tableRows({ charset, delimiter: null, uses: SUPPRESSION_USES }) : ndjsonRows(SUPPRESSION_USES);
      try {
        const stopped = await takeSuppressions({
          chunks: readChunks(request, { silenceMs: limits.silenceMs, stopping }),
          rows,
          counts,
          defaults: { scope: "all", reason: "" },
          put: (some, sealed) => redis.within(() => engine.confirmed(() => suppressions.put(some, sealed)), limits.redisMs),
          onRejected: (place, error) => {
            if (rejected.length < MOST_LISTED) rejected.push({ ...place, ...errorBody(error, MOST_ISSUES) });
          },
        });
        const { rejected: rejectedCount, ...taken } = counts;
        const jobs =
          taken.added + taken.changed === 0 ? { ended: 0, inFlight: 0 } : await engine.confirmed(() => stoppedJobs.end("suppressed"));
        log.info({ caller: caller?.name, ...taken, rejectedCount, ...jobs }, "people were suppressed");
        const body = { ...taken, rejected, rejectedCount, jobs };
        if (stopped === null) return { status: 200, body };
        return { status: HTTP_STATUS[stopped.code], body: { ...errorBody(stopped), ...body } };
      } catch (thrown) {
        if (!(thrown instanceof ClientGone)) throw thrown;
        response.destroy();
        return "streamed";
      }
    },
  }),
  route({
    name: "listSuppressions",
    method: "get",
    path: "/v1/suppressions",
    role: "producer",
    tag,
    summary: "List the people who are not to be contacted, or ask for one",
    description:
      "In the order of their digests. A person with several scopes has an entry for each, so a page may hold some more than `limit`.",
    query: z.strictObject({ ...PAGE_QUERY, ...Who.shape }),
    answers: { 200: { description: "A page of entries", schema: pageOf(SuppressionResponse) } },
    handle: async ({ engine }, { query: { limit, cursor, ...asked } }) => {
      const { suppressions } = engine.people;
      const who = whoOf(asked);
      if (who !== null) return { status: 200, body: { items: await suppressions.of(who), nextCursor: null } };
      const { items, next } = await suppressions.list({ after: fromCursor(cursor, z.string().regex(PERSON_DIGEST)), limit });
      return { status: 200, body: { items, nextCursor: next === null ? null : toCursor(next) } };
    },
  }),
  route({
    name: "unsuppressPerson",
    method: "delete",
    path: "/v1/suppressions",
    role: "producer",
    tag,
    summary: "Take a person off the list",
    query: z.strictObject({ ...Who.shape, scope: SuppressionScope.optional().describe("left out: all of the person's entries") }),
    answers: {
      200: { description: "Off the list", schema: z.object({ removed: z.int().describe("entries") }).meta({ id: "SuppressionsRemoved" }) },
      404: { description: "The list does not have them" },
    },
    handle: async ({ engine }, { query: { scope, ...asked } }) => {
      const who = whoOf(asked);
      if (who === null) throw invalidInput([{ path: "url", message: "is required, or person" }]);
      const removed = await engine.people.suppressions.remove(who, scope);
      if (removed === 0) throw new LinkupError("not_found", "The list does not have this person");
      return { status: 200, body: { removed } };
    },
  }),
];
