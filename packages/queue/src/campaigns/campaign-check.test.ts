/** Rows of a list that a campaign refuses, and why. */
import { expect, test } from "vitest";
import { RecipientCheck } from "./campaign-check.ts";
import { CampaignDefinition } from "./campaign-definition.ts";

const definition = CampaignDefinition.parse({
  name: "N",
  operation: "message.send",
  accountIds: ["ada"],
  input: { linkedin_url: "{{linkedin_url}}", message_text: "{{text}}" },
});
const fields = { linkedin_url: "https://www.linkedin.com/in/ann", text: "Hi Ann", note: "Hi {{first_name}}" };

test("a row is refused whose text holds a placeholder that nobody filled, and not for a column that no text uses", () => {
  const check = new RecipientCheck(definition);
  expect(check.check({ recipientId: null, fields })).toMatchObject({ ok: true });
  expect(check.check({ recipientId: null, fields: { ...fields, text: fields.note } })).toMatchObject({
    ok: false,
    issues: [{ path: "text", message: /would be sent as it stands: fill it in the list/ }],
  });
  expect(check.fields["text"]).toEqual({ filled: 1, default: 0, empty: 0 });
});
