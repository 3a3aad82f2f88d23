/** Fields of a text called by the columns of a list, and nothing else of the text changed. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { renameFields } from "./rename-fields.ts";

test("a field is called by its column wherever it stands, with its default, however it is spelled", () => {
  const input = { message_text: "Hi {{First Name|there}}, {{ first_name }} of {{company}}", list: ["{{first_name}}"], pages: 2 };
  expect(renameFields(input, new Map([["first_name", "first_nmae"]]))).toEqual({
    message_text: "Hi {{first_nmae|there}}, {{first_nmae}} of {{company}}",
    list: ["{{first_nmae}}"],
    pages: 2,
  });
});

test("a text without these fields stays as it is, and a name is changed to and fro", () => {
  fc.assert(
    fc.property(fc.string(), fc.stringMatching(/^[a-z]{1,20}$/), fc.stringMatching(/^[a-z]{1,20}$/), (text, one, other) => {
      fc.pre(one !== other && !text.includes("{") && !text.includes("|"));
      expect(renameFields({ text }, new Map([[one, other]]))).toEqual({ text });
      const template = { text: `${text}{{${one}}}{{${one}|${text.replaceAll("}", "")}}}` };
      const there = renameFields(template, new Map([[one, other]]));
      expect(renameFields(there, new Map([[other, one]]))).toEqual(template);
    }),
  );
});
