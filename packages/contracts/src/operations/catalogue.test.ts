/** Promises of the catalogue: every operation of the contract, exact fields, and no secret in a job. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { issuesOf } from "../outcome/issues.ts";
import { isOperation, LEAST_INPUTS, OPERATION_NAMES, OPERATIONS, OperationName, operationOf } from "./catalogue.ts";
import type { Operation } from "./operation.ts";

const JANE = "https://www.linkedin.com/in/jane-doe";

/** Queue and kind of each operation. The queue is where its jobs lie, and a write is never repeated: neither changes by accident. */
const FACTS: { [Name in OperationName]: [queue: string, kind: "read" | "write"] } = {
  "message.send": ["messages", "write"],
  "message.inbox": ["messages", "read"],
  "message.conversation": ["messages", "read"],
  "invitation.send": ["network", "write"],
  "invitation.accept": ["network", "write"],
  "invitation.withdraw": ["network", "write"],
  "invitation.status": ["network", "read"],
  "invitation.list": ["network", "read"],
  "invitation.sent": ["network", "read"],
  "connection.list": ["network", "read"],
  "recommendation.list": ["network", "read"],
  "profile.scrape": ["profiles", "read"],
  "profile.me": ["profiles", "read"],
  "profile.contact": ["profiles", "read"],
  "profile.search": ["profiles", "read"],
  "company.info": ["profiles", "read"],
  "company.search": ["profiles", "read"],
  "post.create": ["posts", "write"],
  "post.react": ["posts", "write"],
  "post.comment": ["posts", "write"],
  "post.answer-comment": ["posts", "write"],
  "post.repost": ["posts", "write"],
  "post.time-spent": ["posts", "write"],
  "post.reactions": ["posts", "read"],
  "post.comments": ["posts", "read"],
  "post.search": ["posts", "read"],
  "post.feed": ["posts", "read"],
};

function issues(name: OperationName, input: unknown) {
  const operation: Operation = OPERATIONS[name];
  const result = operation.input.safeParse(input);
  return result.success ? [] : issuesOf(result.error);
}

describe.each(OPERATION_NAMES)("%s", (name) => {
  const operation: Operation = OPERATIONS[name];
  const least: Record<string, unknown> = LEAST_INPUTS[name];

  test("has the queue and kind of the contract", () => {
    expect([operation.queue, operation.kind]).toEqual(FACTS[name]);
  });

  test("takes its least input, and each field of it is needed", () => {
    expect(issues(name, least)).toEqual([]);
    for (const field of Object.keys(least)) {
      const { [field]: _, ...rest } = least;
      expect(issues(name, rest)).toHaveLength(1);
    }
  });

  test.each(["login_token", "country", "password", "email", "cookie", "li_at", "x-api-key", "authorization"])(
    "refuses the secret field %s by name alone",
    (field) => {
      expect(issues(name, { ...least, [field]: "AQED-hush" })).toEqual([
        { path: field, message: "belongs to the account or the API key and must never be in a job; leave it out" },
      ]);
      const zodMessage = operation.input.safeParse({ ...least, [field]: "AQED-hush" }).error?.message ?? "";
      expect(zodMessage).toContain(field);
      expect(zodMessage).not.toContain("AQED-hush");
    },
  );

  test("refuses a page range that ends before it begins, where it has one", () => {
    const { properties = {} } = z.toJSONSchema(operation.input, { io: "input" });
    if (!("start_page" in properties)) return;
    expect(issues(name, { ...least, start_page: 1, end_page: 2 })).toEqual([]);
    expect(issues(name, { ...least, start_page: 2, end_page: 1 })).toHaveLength(1);
  });

  test("never repeats a value in an issue, and never throws", () => {
    const fields = Object.keys(z.toJSONSchema(operation.input, { io: "input" }).properties ?? {});
    const secret = "hushhush";
    const poison = fc.oneof(
      fc.string().map((text) => `${secret}${text}`),
      fc.constantFrom(
        secret,
        `https://${secret}.example/in/x`,
        `https://www.linkedin.com/in/%${secret}`,
        secret.repeat(2000),
        [secret],
        { [secret]: secret },
        1e300,
      ),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...fields, "other"), poison, { noNullPrototype: true }), (input) => {
        const result = operation.input.safeParse({ ...least, ...input });
        if (!result.success)
          expect(JSON.stringify([issuesOf(result.error), result.error.issues.map((issue) => issue.message)])).not.toContain(secret);
      }),
      { numRuns: 60 },
    );
  });

  test("describes an answer without rejecting null, missing or extra members", () => {
    expect(operation.output.safeParse({ anything: 1 }).success).toBe(true);
    expect(operation.output.safeParse({ total_results: null, pagination: null, message: null }).success).toBe(true);
  });
});

test("the contract's names are all there and no others, and only own names count", () => {
  expect(OPERATION_NAMES.toSorted()).toEqual(Object.keys(FACTS).toSorted());
  expect(isOperation("constructor") || isOperation("__proto__") || isOperation("")).toBe(false);
  expect(operationOf("toString")).toBeUndefined();
  expect(operationOf("post.feed")).toBe(OPERATIONS["post.feed"]);
  expect(OperationName.options).toEqual(OPERATION_NAMES);
});

test.each<[OperationName, Record<string, unknown>, string]>([
  ["invitation.send", { message: "x".repeat(301) }, "message"],
  ["message.send", { message_text: " \n" }, "message_text"],
  ["message.send", { message_text: "\u200b\u200e \u2800" }, "message_text"],
  ["message.send", { message_text: "x".repeat(8001) }, "message_text"],
  ["message.send", { media_link: "file:///etc/passwd" }, "media_link"],
  ["message.inbox", { category: "inbox" }, "category"],
  ["message.inbox", { total_results: 0 }, "total_results"],
  ["message.inbox", { total_results: 1001 }, "total_results"],
  ["message.inbox", { total_results: 1.5 }, "total_results"],
  ["message.inbox", { total_results: "10" }, "total_results"],
  ["connection.list", { start_page: 3, end_page: 2 }, "end_page"],
  ["connection.list", { start_page: 0 }, "start_page"],
  ["invitation.withdraw", { invitation_id: 7265483217650012 }, "invitation_id"],
  ["invitation.list", { invitation_type: "PEOPLE" }, "invitation_type"],
  ["profile.search", { network: "F,X" }, "network"],
  ["profile.search", { company_url: "https://evil.example/company/acme" }, "company_url"],
  ["company.search", { company_size: "1-10;" }, "company_size"],
  ["company.info", { company_url: "http://www.linkedin.com/company/acme" }, "company_url"],
  ["company.info", { company_url: "https://www.lin\u212aedin.com/company/acme" }, "company_url"],
  ["post.comment", { post_url: "https://www.linkedin.com/posts/jane_hello" }, "post_url"],
  ["post.react", { post_url: "https://www.linkedin.com.evil.example/posts/x" }, "post_url"],
  ["post.react", { reaction_type: "HATE" }, "reaction_type"],
  ["post.react", { reaction_type: "Celebrate" }, "reaction_type"],
  ["post.search", { sort_by: "newest" }, "sort_by"],
  ["post.time-spent", { duration: 0 }, "duration"],
  ["post.search", { linkedin_url: "https://www.linkedin.com/feed/" }, "linkedin_url"],
])("%s refuses %j at %s", (name, input, path) => {
  expect(issues(name, { ...LEAST_INPUTS[name], ...input }).map((issue) => issue.path)).toEqual([path]);
});

test.each<[OperationName, Record<string, unknown>]>([
  ["invitation.send", { message: "x".repeat(300) }],
  ["profile.search", { network: "F,S", company_url: "acme;https://www.linkedin.com/company/other/", school_url: "mit" }],
  ["profile.search", { network: "F;S;O", fetch_invitation_state: true }],
  ["company.search", { company_size: "1-10;10001+" }],
  ...["LIKE", "PRAISE", "CELEBRATE", "SUPPORT", "FUNNY", "LOVE", "INSIGHTFUL", "CURIOUS", "celebrate", "empathy"].map(
    (reaction_type): [OperationName, Record<string, unknown>] => ["post.react", { reaction_type }],
  ),
  ...["RELEVANCE", "DATE_POSTED", "relevance", "date_posted"].map((sort_by): [OperationName, Record<string, unknown>] => [
    "post.search",
    { sort_by },
  ]),
  ["invitation.list", { invitation_type: "EVENT" }],
  ["invitation.sent", { invitation_type: "EVENT" }],
  ["message.inbox", { category: "MY_CONNECTIONS" }],
  ["message.inbox", { category: "STARRED" }],
  ["post.comment", { post_url: "https://www.linkedin.com/posts/jane_hello-activity-7123456789012345678-AbCd" }],
  ["post.comment", { post_url: "https://www.linkedin.com/feed/update/urn%3Ali%3Aactivity%3A7123456789012345678/" }],
])("%s accepts %j", (name, input) => {
  expect(issues(name, { ...LEAST_INPUTS[name], ...input })).toEqual([]);
});

test("a conversation is named by its member or its id, either or both", () => {
  expect(issues("message.conversation", {})).toEqual([{ path: "", message: "linkedin_url or conversation_id is required" }]);
  expect(issues("message.conversation", { linkedin_url: JANE })).toEqual([]);
  expect(issues("message.conversation", { linkedin_url: JANE, conversation_id: "c" })).toEqual([]);
});

test("all that is wrong is told at once, checks over several fields included", () => {
  const found = issues("message.conversation", { total_results: "10", start_page: 3, end_page: 2, login_token: "x" }).map(
    (issue) => issue.path,
  );
  expect(found.toSorted()).toEqual(["", "end_page", "login_token", "total_results"]);
});

test("a person's address comes out of the schema in canonical form, an author's too, a company's as it is", () => {
  expect(OPERATIONS["profile.scrape"].input.parse({ linkedin_url: "fr.linkedin.com/in/Jane-Doe/" })).toEqual({ linkedin_url: JANE });
  expect(OPERATIONS["post.search"].input.parse({ linkedin_url: "http://linkedin.com/in/JANE-doe" })).toEqual({ linkedin_url: JANE });
  const company = "https://www.linkedin.com/company/Acme/";
  expect(OPERATIONS["post.search"].input.parse({ linkedin_url: ` ${company}` })).toEqual({ linkedin_url: company });
});
