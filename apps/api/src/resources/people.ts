/** `/v1/people`: somebody answered, or is to be forgotten: erasure goes wherever something known of them lies, and answers only how much was erased. */
import { forgetEverywhere } from "@linkup-queue/campaign-streams";
import { PERSON_DIGEST, ReplyMoment } from "@linkup-queue/queue";
import { z } from "zod";
import { personKeyOf } from "../http/person-key-of.ts";
import { type Route, route } from "../http/route.ts";

const count = z.int();

const ForgottenResponse = z
  .object({
    schedules: count.describe("whose job was about them; they are deleted"),
    recipients: count.describe(
      "of campaigns, that were not put into a queue yet; they stay known by a digest, so as not to be added again",
    ),
    jobs: z.object({
      cancelled: count.describe("that waited; each ended with the outcome `cancelled`"),
      erased: count.describe("that had ended"),
      inFlight: count.describe("whose call was out: their outcomes will name the person, so ask again when they have ended"),
    }),
    outcomes: count.describe("kept for reading"),
    results: count.describe("on the results queue"),
    archived: count.describe("outcomes in the archive"),
  })
  .meta({ id: "Forgotten" });

const ReplyRequest = z
  .strictObject({
    url: z.string().describe("the address of their LinkedIn profile in any spelling, or their profile id (`ACoAA...`) or URN"),
    at: ReplyMoment.optional().describe("when they answered, at most a year ago; left out: now"),
  })
  .meta({ id: "ReplyRequest", example: { url: "https://www.linkedin.com/in/ada-lovelace", at: "2026-11-30T09:15:00Z" } });

const ReplyResponse = z
  .object({
    person: z.string().regex(PERSON_DIGEST).describe("a digest, which leads back to nobody"),
    repliedAt: z.string().describe("their latest reply that is known"),
    isNews: z.boolean().describe("whether this one is later than all that were known; one that is not was told before"),
    jobs: z.object({
      ended: count.describe("jobs that waited; each ended `cancelled`, `replied`"),
      inFlight: count.describe("jobs whose call is out, or may be: their outcomes tell what came of them"),
    }),
  })
  .meta({
    id: "Reply",
    example: { person: "aB3dE5gH7jK9mN1p", repliedAt: "2026-11-30T09:15:00.000Z", isNews: true, jobs: { ended: 1, inFlight: 0 } },
  });

export const PEOPLE_ROUTES: readonly Route[] = [
  route({
    name: "noteReply",
    method: "post",
    path: "/v1/people/replied",
    role: "producer",
    tag: "people",
    summary: "Tell that a person answered: campaigns with stopOnReply write to them no more",
    description:
      "Of every account, and also where the person is fed to such a campaign later: what waits ends `cancelled`, `replied`, free. A campaign that was made after the reply is not stopped by it. All jobs that wait are looked through, so it takes a while; what the answer says is done. The reply is kept as a digest for a year and outlives the person's erasure. Telling the same `at` again changes nothing; a later one is another reply, and each is an event, `person.replied`.",
    body: ReplyRequest,
    slow: true,
    answers: { 200: { description: "Known, and whatever waited has ended", schema: ReplyResponse } },
    handle: async ({ engine }, { body: { url, at } }) => {
      const { replies, stoppedJobs } = engine.people;
      const key = personKeyOf(url);
      // Whatever ends below has its outcome told by this: the reply is confirmed first.
      const { mayStop, ...reply } = await engine.confirmed(() =>
        replies.put({ address: url, atMs: at === undefined ? undefined : Date.parse(at) }),
      );
      const jobs = mayStop ? await stoppedJobs.end("replied", [key]) : { ended: 0, inFlight: 0 };
      return { status: 200, body: { ...reply, jobs } };
    },
  }),
  route({
    name: "forgetPerson",
    method: "delete",
    path: "/v1/people",
    role: "admin",
    tag: "people",
    summary: "Forget a person: in schedules, recipients, jobs, outcomes and archive",
    description:
      "Waiting jobs about them end `cancelled`. What jobs cost and how they ended stays. All of Redis is looked through, so it takes a while; asking again is safe, and needed when calls were in flight.",
    query: z.strictObject({
      url: z
        .string()
        .describe(
          "the address of their LinkedIn profile in any spelling, or their profile id (`ACoAA...`) or URN: ask for each by which jobs may name them",
        ),
    }),
    slow: true,
    answers: {
      200: { description: "How much was found", schema: ForgottenResponse },
      503: { description: "Redis or the archive is away" },
    },
    handle: async ({ engine, archive, log }, { query, caller }) => {
      const person = personKeyOf(query.url);
      const forgotten = await forgetEverywhere({ engine, archive }, person);
      const { inFlight } = forgotten.jobs;
      log.info({ caller: caller?.name, ...forgotten }, "a person was forgotten");
      if (inFlight > 0) log.warn({ inFlight }, "calls about a person who was forgotten are out; forget them again later");
      return { status: 200, body: forgotten };
    },
  }),
];
