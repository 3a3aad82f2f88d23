/** A producer's text that would be sent with a placeholder in it, at the door. */
import { START_MS } from "@linkup-queue/testkit";
import { expect, test } from "vitest";
import { readJob } from "../src/index.ts";

const SOURCE = { caller: "shop", fallbackKey: null, nowMs: START_MS };
const read = (more: object) =>
  readJob(
    {
      operation: "message.send",
      accountId: "ada",
      input: { linkedin_url: "https://www.linkedin.com/in/ann", message_text: "Hello {{first_name}}" },
      ...more,
    },
    SOURCE,
  );
const message = (message_text: string) => read({ input: { linkedin_url: "https://www.linkedin.com/in/ann", message_text } });

test.each([
  "Hello {{first_name}}",
  "Hi {{ First Name | there }}",
  "Dear *|FNAME|*",
  "Hello {firstname}!",
  "Hi [First Name],",
  "Hi %FNAME%",
])("%s is refused", (text) => {
  expect(message(text)).toMatchObject({ ok: false, issues: [{ path: "input.message_text", message: /as it stands.*allowDoubtfulText/ }] });
});

test.each(["Hello Ann", "see {a, b} in [1]", "100 % sure", "<3", "{Hi|Hello}"])(
  "%s is taken: a producer's own text may hold it",
  (text) => {
    expect(message(text)).toMatchObject({ ok: true });
  },
);

test("allowed it is taken, and the job is the same as without the word for it", () => {
  expect(read({ allowDoubtfulText: true })).toMatchObject({ ok: true, job: { data: { input: { message_text: "Hello {{first_name}}" } } } });
  expect(JSON.stringify(read({ allowDoubtfulText: true }))).not.toContain("allowDoubtfulText");
  expect(read({ allowDoubtfulText: "yes" })).toMatchObject({ ok: false, issues: [{ path: "allowDoubtfulText" }] });
});

test("a read may ask for it: nobody is written to", () => {
  expect(read({ operation: "post.search", input: { keyword: "{{first_name}}" } })).toMatchObject({ ok: true });
});
