import fc from "fast-check";
import { expect, test } from "vitest";
import { knownSecrets, namesSecret, REDACTED, redact, redactText } from "./redact.ts";
import { MOST_SHOWN, truncateLong } from "./truncate-long.ts";

const none = { known: knownSecrets([]) };
const secretLetters = fc.stringMatching(/^[A-Za-z0-9_-]{12,40}$/).filter((text) => !/redacted|not|found/i.test(text));
const label = fc.constantFrom(
  "login_token",
  "password",
  "api_key",
  "apiKey",
  "x-api-key",
  "Authorization",
  "Cookie",
  "li_at",
  "client_secret",
);
const wrap = fc.constantFrom<(name: string, secret: string) => string>(
  (name, secret) => `${name}=${secret}`,
  (name, secret) => `${name}: ${secret}, and more`,
  (name, secret) => `${name}: Bearer ${secret}`,
  (name, secret) => JSON.stringify({ [name]: secret, other: 1 }),
  (name, secret) => JSON.stringify({ body: JSON.stringify({ [name]: secret }) }),
  (name, secret) => `{'${name}': '${secret} with spaces'}`,
  (name, secret) => `GET /v1?${name}=${secret}&page=2`,
);

test("a secret after its name is taken out of any text, whatever stands around it", () => {
  fc.assert(
    fc.property(
      label,
      secretLetters,
      fc.tuple(wrap, fc.string({ maxLength: 20 })).map(
        ([around, before]) =>
          (name: string, secret: string) =>
            `${before} ${around(name, secret)}`,
      ),
      (name, secret, write) => {
        const text = redactText(write(name, secret), none);
        expect(text).not.toContain(secret);
        expect(text).toContain(REDACTED);
      },
    ),
  );
});

test("a secret known by its value is taken out wherever it stands, names of fields included", () => {
  fc.assert(
    fc.property(fc.json(), secretLetters, (json, secret) => {
      const value = { plain: json, [secret]: [`x${secret}y`, { deep: secret }] };
      expect(JSON.stringify(redact(value, { known: knownSecrets([secret]) }))).not.toContain(secret);
    }),
  );
});

test("a secret known by its value is taken out however a text has written it down: in JSON, in JSON within JSON, in an address", () => {
  const ways: ((secret: string) => string)[] = [
    (secret) => JSON.stringify({ p: secret }),
    (secret) => JSON.stringify({ body: JSON.stringify({ p: secret }) }),
    (secret) => `https://example.com/?p=${encodeURIComponent(secret)}`,
    (secret) => `https://example.com/?${new URLSearchParams({ p: secret })}`,
  ];
  fc.assert(
    fc.property(fc.string({ minLength: 8, maxLength: 30 }), fc.constantFrom(...ways), (random, write) => {
      const secret = `Zq"${random}\\ é9`;
      const shown = redact({ said: [write(secret)] }, { known: knownSecrets([secret]) });
      expect(JSON.stringify(shown)).toContain(REDACTED);
      expect(JSON.stringify(shown)).not.toContain("Zq");
    }),
  );
});

test("a text that is no secret comes through as it was", () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.stringMatching(/^[m-s]{1,8}$/),
        fc.oneof(fc.integer(), fc.boolean(), fc.constant(null), fc.stringMatching(/^[m-s ]{0,30}$/)),
      ),
      (value) => {
        expect(redact(value, none)).toEqual(value);
      },
    ),
  );
  const failure = "not_found: LinkUp found no such profile https://www.linkedin.com/in/some-person-1";
  expect(redactText(failure, none, { trouble: true })).toBe(failure);
});

test.each([
  ["login_token", true],
  ["loginToken", true],
  ["X-Api-Key", true],
  ["set-cookie", true],
  ["credentials", true],
  ["message_text", false],
  ["accountId", false],
  ["code", false],
])("the field %s holds a secret: %s", (name, secret) => {
  expect(namesSecret(name)).toBe(secret);
});

test("secrets known by their look go: LinkedIn's cookie, signed tokens, passwords in addresses", () => {
  const text = "saw AQEDATmAbCdEfGhIjKlMnOp1234 and eyJhbGciOiJkaXIi.abc.def at redis://user:hunter2@host:6379/0";
  expect(redactText(text, none)).toBe(`saw ${REDACTED} and ${REDACTED} at redis://${REDACTED}@host:6379/0`);
});

test("in what machines say about trouble, a long word of letters and digits goes; elsewhere it stays, being an id", () => {
  const text = "refused 9f8e7d6c5b4a39281706abcdef";
  expect(redact({ failedReason: text, data: text }, none)).toEqual({ failedReason: `refused ${REDACTED}`, data: text });
});

test("a value nested without end is cut instead of ending the process", () => {
  const deep: unknown = JSON.parse(`${"[".repeat(5_000)}"x"${"]".repeat(5_000)}`);
  expect(JSON.stringify(redact(deep, none))).toContain("nested too deeply");
});

/** Garbage of these words is read within a test's limit by far when each letter is looked at a few times, and not when each is for each. */
const GARBAGE = [
  'password"',
  "token: \\",
  'api_key:"',
  '\\"',
  "a-",
  "a+",
  "eyJaaaaaaaaa-",
  "eyJ-",
  "password:",
  "password '",
  "bearer ",
  "a://",
  'token=\\"',
  "1a=",
];

test.each(GARBAGE)("texts of %j again and again are read to their end", (word) => {
  const garbage = word.repeat(1_000_000 / word.length);
  const texts = Array.from({ length: 30 }, (_none, at) => `${at} ${garbage}`);
  const shown = texts.map((text) => redactText(text, none, { trouble: true }));
  expect(shown).toHaveLength(texts.length);
  for (const text of shown) expect(text.length).toBeLessThan(garbage.length);
});

test.each(["eyJ-", "eyJ-eyJaaaaaaaa-", "1-a-secret-of-an-accoun "])(
  "pages of 300 texts of %j are read to their end, however many secrets are looked for",
  (word) => {
    const options = { known: knownSecrets(Array.from({ length: 1_000 }, (_none, at) => `${at}-a-secret-of-an-account`)) };
    const page = Array.from({ length: 300 }, () => word.repeat(20_000 / word.length));
    for (let pages = 0; pages < 6; pages += 1) expect(redact({ page }, options)).toHaveProperty("page");
  },
);

test("known secrets are taken out whole, also where one begins within another, and a short value is none", () => {
  const options = { known: knownSecrets(["abcdef", "defghi", "abcd", "xyz"]) };
  expect(redactText("1 abcdefghi 2 abcdabcd 3 abcd", options)).toBe(`1 ${REDACTED} 2 ${REDACTED} 3 ${REDACTED}`);
  expect(redactText("xyz", options)).toBe("xyz");
});

test("a signed token is known by its dot, wherever in a word of letters and signs it begins", () => {
  expect(redactText("a eyJhbGciOiJkaXIi-eyJb.abc.def and eyJhbGciOiJkaXIi", none)).toBe(`a ${REDACTED} and eyJhbGciOiJkaXIi`);
  expect(redactText(`eyJ${"a".repeat(10_000)}.b`, none)).toBe(REDACTED);
});

test("a long value is cut and says how long it was; a short one is itself", () => {
  expect(truncateLong("x".repeat(MOST_SHOWN))).toHaveLength(MOST_SHOWN);
  expect(truncateLong("x".repeat(MOST_SHOWN + 1))).toContain(`${MOST_SHOWN + 1} characters in all`);
  expect(truncateLong({ a: "x".repeat(MOST_SHOWN) })).toMatchObject({ "(cut)": expect.stringContaining("characters in all") });
  expect(truncateLong({ a: 1 })).toEqual({ a: 1 });
  const lines = Array.from({ length: 1_000 }, (_, index) => `line ${index}`);
  const shown = truncateLong(lines) as string[];
  expect(shown[0]).toBe("(cut: 800 earlier ones are not shown)");
  expect(shown.at(-1)).toBe("line 999");
});
