/** `/v1/people`: erasure. Erases everything known of a person, wherever it lies; answers only how much was erased. */
import { forgetEverywhere } from "@linkup-queue/campaign-streams";
import { LinkupError, personKey } from "@linkup-queue/contracts";
import { z } from "zod";
import { invalidInput } from "../http/api-error.ts";
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

function keyOf(url: string): string {
  try {
    return personKey(url);
  } catch (thrown) {
    throw invalidInput([{ path: "url", message: LinkupError.from(thrown).message }]);
  }
}

export const PEOPLE_ROUTES: readonly Route[] = [
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
      const person = keyOf(query.url);
      const forgotten = await forgetEverywhere({ engine, archive }, person);
      const { inFlight } = forgotten.jobs;
      log.info({ caller: caller?.name, ...forgotten }, "a person was forgotten");
      if (inFlight > 0) log.warn({ inFlight }, "calls about a person who was forgotten are out; forget them again later");
      return { status: 200, body: forgotten };
    },
  }),
];
