/** To what each operation is done: the same for every spelling, another for another, and read also from an input that is refused. */
import { expect, test } from "vitest";
import { z } from "zod";
import { LEAST_INPUTS, OPERATION_NAMES, OPERATIONS, type OperationName } from "./catalogue.ts";
import type { Operation } from "./operation.ts";

const targetOf = (name: OperationName, input: Record<string, unknown>): string | null => {
  const { target }: Operation = OPERATIONS[name];
  return target === null ? null : target.of(input);
};

const fieldsOf = (name: OperationName) => Object.keys(z.toJSONSchema(OPERATIONS[name].input, { io: "input" }).properties ?? {});
const doneTo = (field: string) => OPERATION_NAMES.filter((name) => OPERATIONS[name].target !== null && fieldsOf(name).includes(field));

const PEOPLE = doneTo("linkedin_url");
const POSTS = doneTo("post_url");
/** Fields that name to whom or to what an operation is done, where it can't do without them. Lists and searches have none, nor has what is made new. */
const NAMING = ["linkedin_url", "post_url", "company_url", "conversation_id", "comment_urn", "entity_urn", "invitation_id"];

test.each(OPERATION_NAMES)(
  "%s has a target when it can't do without the name of a person, a post or another object, and none else",
  (name) => {
    const needsObject = Object.keys(LEAST_INPUTS[name]).some((field) => NAMING.includes(field));
    expect(targetOf(name, LEAST_INPUTS[name]) !== null).toBe(needsObject);
    expect(OPERATIONS[name].target !== null).toBe(needsObject);
  },
);

test("messages and invitations are done to a person, comments and reactions to a post", () => {
  expect(PEOPLE).toEqual(expect.arrayContaining(["message.send", "invitation.send", "profile.scrape"]));
  expect(POSTS).toEqual(expect.arrayContaining(["post.comment", "post.react", "post.repost"]));
});

test.each(PEOPLE)("%s has one target for all spellings of a person's address, and another for another person", (name) => {
  const jane = targetOf(name, { linkedin_url: "https://www.linkedin.com/in/jane-doe" });
  for (const spelled of [
    "linkedin.com/in/Jane-Doe/",
    " http://fr.linkedin.com/in/jane-doe?trk=x",
    "https://m.linkedin.com/mwlite/in/jane%2Ddoe",
  ]) {
    expect(targetOf(name, { linkedin_url: spelled, message_text: 7, other: "field" }), spelled).toBe(jane);
  }
  expect(jane).not.toBeNull();
  expect(targetOf(name, { linkedin_url: "https://www.linkedin.com/in/jane-do" })).not.toBe(jane);
});

test("a person's bare id and the address with that id are one target", () => {
  const id = "ACoAAAabcDEF0123456789";
  const target = targetOf("message.send", { linkedin_url: id });
  for (const spelled of [`urn:li:fsd_profile:${id}`, `https://www.linkedin.com/in/${id}/`]) {
    expect(targetOf("message.send", { linkedin_url: spelled })).toBe(target);
  }
  expect(targetOf("message.send", { linkedin_url: id.toLowerCase() })).not.toBe(target);
});

test.each(POSTS)("%s has one target for all addresses of a post", (name) => {
  const at = (address: string) => targetOf(name, { post_url: `https://www.linkedin.com/${address}` });
  const post = at("feed/update/urn:li:activity:7123456789012345678");
  for (const spelled of [
    "feed/update/urn%3Ali%3Aactivity%3A7123456789012345678/?utm_source=share",
    "posts/jane_about-activity-2024-activity-7123456789012345678-AbCd",
    "feed/?highlightedUpdateUrn=urn%3Ali%3Aactivity%3A7123456789012345678",
  ]) {
    expect(at(spelled), spelled).toBe(post);
  }
  expect(at("feed/update/urn:li:activity:7123456789012345679")).not.toBe(post);
  expect(at("feed/update/urn:li:share:7123456789012345678")).not.toBe(post);
  expect(at("pulse/On-Queues-jane/")).toBe(at("pulse/on-queues-jane?trk=x#end"));
  expect(at("pulse/on-queues-jane")).not.toBe(at("pulse/on-trees-jane"));
});

test("a company page, an invitation, a comment and a conversation are their own targets", () => {
  const company = (address: string) => targetOf("company.info", { company_url: `https://${address}` });
  expect(company("www.linkedin.com/company/Acme/about?x=1")).toBe(company("linkedin.com/company/acme"));
  expect(company("www.linkedin.com/company/acme")).not.toBe(company("www.linkedin.com/school/acme"));
  expect(targetOf("invitation.accept", { entity_urn: "urn:li:fsd_invitation:7", shared_secret: "s" })).toBe("urn:li:fsd_invitation:7");
  expect(targetOf("invitation.withdraw", { invitation_id: "7265483217650012347" })).toBe("7265483217650012347");
  expect(targetOf("post.answer-comment", { comment_urn: "urn:li:comment:(activity:1,2)" })).toBe("urn:li:comment:(activity:1,2)");
  expect(targetOf("message.conversation", { conversation_id: "c" })).toBe("c");
});

test("an input that names nothing has no target, whatever it holds", () => {
  for (const name of OPERATION_NAMES) {
    for (const value of [undefined, null, 7, "", "x".repeat(5_000), ["a"], { a: 1 }, "https://example.com/in/jane"]) {
      const input = Object.fromEntries(["linkedin_url", "post_url", "company_url"].map((field) => [field, value]));
      expect(targetOf(name, input), `${name} ${JSON.stringify(value)}`).toBeNull();
    }
  }
});
