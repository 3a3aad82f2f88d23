/** An outcome's facts about a job can be read from whatever a producer put in. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { JobMeta } from "../job/job-meta.ts";
import { readMeta } from "./read-meta.ts";

test("any JSON at all gives a meta, and nothing is thrown", () => {
  const name = fc.constantFrom(
    "accountId",
    "campaignId",
    "recipientId",
    "redriveOf",
    "input",
    "template",
    "fields",
    "onUnknown",
    "linkedin_url",
    "__proto__",
  );
  const leaf = fc.oneof(
    fc.jsonValue({ maxDepth: 1 }),
    fc.constantFrom("https://www.linkedin.com/in/%", "urn:li:fsd_profile:ACoAAB", "\ud800/in/\ud800"),
  );
  const { data } = fc.letrec((tie) => ({
    data: fc.oneof({ maxDepth: 3 }, leaf, fc.dictionary(name, tie("data")), fc.array(tie("data"), { maxLength: 3 })),
  }));
  fc.assert(
    fc.property(data, fc.string(), (value, operation) => {
      const read: unknown = JSON.parse(JSON.stringify(value) ?? "null");
      const ref = { queue: "messages", id: "1", timestamp: 0 } as const;
      const meta = readMeta({ ref, name: operation, data: read });
      expect(JobMeta.safeParse(meta).success).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});
