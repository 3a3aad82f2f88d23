/** A secret is found in an answer however a service writes it down, and nothing else is taken out. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { TAKEN_OUT, withoutValues } from "./without-values.ts";

const SECRET = `AQED "tök/en+ä=&<x>' 42?`;

const WRITTEN: Record<string, (text: string) => string> = {
  plain: (text) => text,
  "in JSON": (text) => JSON.stringify({ text }),
  "in JSON within JSON": (text) => JSON.stringify({ body: JSON.stringify({ text }) }),
  "in JSON of ASCII alone, with signs before slashes": (text) =>
    JSON.stringify({ text })
      .replaceAll("/", "\\/")
      .replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
  "in an address": (text) => `https://example.com/?token=${encodeURIComponent(text)}&x=1`,
  "in an address with small letters": (text) => encodeURIComponent(text).replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
  "in a form": (text) => String(new URLSearchParams({ token: text, x: "1" })),
  "in HTML": (text) =>
    `<p>${text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;").replaceAll("'", "&#39;")}</p>`,
  "in hexadecimal": (text) => Buffer.from(text).toString("hex"),
  "in base64": (text) => Buffer.from(text).toString("base64"),
  "in base64 behind a name": (text) => `Basic ${Buffer.from(`api:${text}`).toString("base64")}`,
  "in base64 between others": (text) => Buffer.from(`me:${text}:you`).toString("base64"),
  "in base64 for addresses": (text) => Buffer.from(`u:${text}`).toString("base64url"),
};

/** Letters of base64 that hold bits of a neighbour stay, and the signs at its end. */
const MOST_LEFT = 8;

test.each(Object.entries(WRITTEN))("a secret that is written %s is taken out of values and of names", (_how, write) => {
  const written = write(SECRET);
  const shown = withoutValues({ [written]: [{ deep: `before ${written} after` }] }, [SECRET, "another-key-0123456789"]);
  const [name = "", list] = Object.entries(shown as Record<string, { deep: string }[]>)[0] ?? [];
  for (const text of [name, list?.[0]?.deep ?? ""]) {
    expect(text).toContain(TAKEN_OUT);
    expect(text).not.toContain(SECRET);
    expect(text.length, text).toBeLessThanOrEqual("before  after".length + write("").length + TAKEN_OUT.length + MOST_LEFT);
  }
});

test("any secret is taken out in each of these ways, and a text without it stays as it is", () => {
  const secret = fc.string({ unit: "grapheme", minLength: 12, maxLength: 60 });
  fc.assert(
    fc.property(secret, fc.constantFrom(...Object.values(WRITTEN)), (given, write) => {
      const written = write(given);
      expect(withoutValues(written, [given])).not.toContain(written);
      expect(withoutValues("An answer that speaks of something else", ["live-0123456789"])).toBe("An answer that speaks of something else");
    }),
  );
});
