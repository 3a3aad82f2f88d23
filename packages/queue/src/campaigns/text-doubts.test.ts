/** Placeholders of other programs, and running text that is none. */
import { expect, test } from "vitest";
import { holdsPlaceholder } from "../job/unfilled-text.ts";
import { campaignTextDoubts, textDoubts } from "./text-doubts.ts";

const doubts = (text: string) => textDoubts({ linkedin_url: "{{linkedin_url}}", message_text: text });

test.each([
  "Hello {first_name}",
  "Hello { First Name }",
  "Hello {{{first_name}}}",
  `Hello ${"$"}{firstName}`,
  "Hello {% if x %}you{% endif %}",
  "{Hi|Hello} {{first_name|there}}",
  "Hello %FIRSTNAME%",
  "Hello %%first name%%",
  "Hello #firstName#",
  "Hello [Name],",
  "Hello [First Name]",
  "Hello [[first_name]]",
  "Hello <name>",
  "Hello <<First Name>>",
  "Hello <%= name %>",
  "Hello *|FNAME|*",
  "Hello «Prénom»",
  "Hello $first_name",
  "Hello @company@",
  "Hello __name__",
  "Hello FIRST_NAME",
  "Hello {{{first_name}}",
  "Hello [[spin:Hi|Hey]]",
  "Hello %name",
  "Hello :first_name",
  "Hello ((name))",
  "Hello first_name,",
  'Hello {{first_name|default:"there"}}',
  "Hello {{first_name|default('there')}}",
  'Hello {{first_name|"there"}}',
  "Hello {{first_name||there}}",
  "Hello {{first_name|capitalize}}",
  "Hello {{first_name|[Name]}}",
  "Bonjour [Prénom], {{company|votre entreprise}}",
])("%s is told", (text) => {
  const [first] = doubts(text);
  expect(first).toMatchObject({ path: "input.message_text" });
  expect(first?.message).toContain("would be sent as it stands");
});

test.each([
  "Hello {{first_name|there}}, I saw {{company|your company}}!",
  "Hello {{ First Name | my friend }}",
  "We grew 50% in 2025, and 20% of that is yours: 100%",
  "See https://www.linkedin.com/in/%D0%B8%D0%B2%D0%B0%D0%BD%D0%B0 or www.example.com/#top#x",
  "Our #hiring #sales push (really): 5 < 6 > 4, a [1] footnote, [my site](https://example.com)",
  "I <3 this; mail me at ann@example.com or @ann, $500 off, C# and F#",
  "Здравствуйте, это «Газпром»",
  "Vous connaissez « Le Monde » ?",
  "My first name is Ann, and the company's name is Acme",
  "Hello {{first_name|title holder}}",
])("%s is a text like any other", (text) => expect(doubts(text)).toEqual([]));

test("texts in lists and objects are looked at, and a doubt that stands twice is told once", () => {
  expect(textDoubts({ parts: ["{x}", { deep: "{x} [Name]" }], count: 3 }).map(({ path }) => path)).toEqual(["input.parts", "input.parts"]);
});

test("an address that is the same for all recipients is told, but for the author of posts that are searched", () => {
  const doubtsAbout = (operation: "message.send" | "post.search", address: string) =>
    campaignTextDoubts({ operation, input: { linkedin_url: address, message_text: "Hi" } });
  expect(doubtsAbout("message.send", "https://www.linkedin.com/in/ann")).toMatchObject([
    { path: "input.linkedin_url", message: /same person: \{\{linkedin_url\}\}/ },
  ]);
  expect(doubtsAbout("message.send", "{{linkedin_url}}")).toEqual([]);
  expect(doubtsAbout("message.send", "https://www.linkedin.com/in/{{handle}}")).toEqual([]);
  expect(doubtsAbout("post.search", "https://www.linkedin.com/in/ann")).toEqual([]);
});

test.each([
  "Hi {{first_name}}, hello",
  "Hi {first_name}",
  "Hi {{ Name }}",
  "Hi %FIRSTNAME%",
  "Hi %FNAME%",
  "Hi *|FNAME|*",
  "Hi [First Name]",
  "<lastname>",
  "Hi [[Name]]",
  "Hi <<First Name>>",
  `Hi ${"$"}{firstName}`,
  "Hi {!Contact.FirstName}",
  "Hi {% name %}",
  "Hi <%= name %>",
  "Hi [FNAME],",
  "Hi {name}",
  "Hi $first_name,",
  "Hi @@name@@",
  "Hi __NAME__",
  "Hi ((first name))",
])("%s in a list is a placeholder that nobody filled", (value) => expect(holdsPlaceholder(value)).toBe(true));

test.each([
  "Ann",
  "{Hi}",
  "50% of names, 20% more",
  "[link](x)",
  "<3",
  "C# and F#",
  "first_name",
  "{{",
  "a * | b | * c",
  "@firstname.lee",
  "say my (name)",
  "[1] <b> {a} $500",
  "[[1]]",
  "what's in a name? %",
  "<< Bonjour à tous >>",
])("%s in a list may be meant", (value) => expect(holdsPlaceholder(value)).toBe(false));
