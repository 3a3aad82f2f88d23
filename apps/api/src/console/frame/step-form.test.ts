import type { CampaignStep } from "@linkup-queue/queue";
import { describe, expect, test } from "vitest";
import { changedSteps, stepIn, waitWords } from "./step-form.ts";

const to = { linkedin_url: "{{linkedin_url}}" };
const invite: CampaignStep = { operation: "invitation.send", input: { ...to, message: "Hi {{first_name}}" } };
const write: CampaignStep = { operation: "message.send", input: { ...to, message_text: "Hello" }, afterDays: [3, 5], onlyIf: "no_reply" };
const look: CampaignStep = { operation: "profile.scrape", input: to, afterDays: [7, 9] };

describe("the steps that a form means", () => {
  test("days stay with the place when two steps change places, and nothing comes before the first", () => {
    expect(changedSteps([invite, write, look], { change: "later", at: "1" })).toEqual([
      invite,
      { ...look, afterDays: [3, 5] },
      { ...write, afterDays: [7, 9] },
    ]);
    const { afterDays: _days, onlyIf: _condition, ...first } = write;
    expect(changedSteps([invite, write], { change: "earlier", at: "1" })).toEqual([first, { ...invite, afterDays: [3, 5] }]);
    expect(changedSteps([invite, write, look], { change: "remove", at: "0" })).toEqual([first, look]);
    expect(changedSteps([invite, write], { change: "earlier", at: "0" })).toEqual([invite, write]);
  });

  test("a step is added behind all others and edited in its place, up to as many as there may be", () => {
    const form = { operation: "message.send", "input.message_text": "Hi\r\nthere", afterLeast: "2", afterMost: "", onlyIf: "no_reply" };
    const step = { operation: "message.send", input: { message_text: "Hi\nthere" }, afterDays: [2, 2], onlyIf: "no_reply" };
    expect(changedSteps([invite, write], { ...form, change: "add" })).toEqual([invite, write, step]);
    expect(changedSteps([invite, write, look], { ...form, change: "edit", at: "1" })).toEqual([invite, step, look]);
    const ten = Array.from({ length: 10 }, () => look);
    expect(() => changedSteps(ten, { ...form, change: "add" })).toThrow("no such step");
    expect(() => changedSteps([invite], { ...form, change: "edit", at: "1" })).toThrow("no such step");
    expect(() => changedSteps([invite], { change: "grow" })).toThrow("no such step");
    expect(() => stepIn({ operation: "nothing" })).toThrow("no operation");
  });

  test("a field is taken from another column in all steps", () => {
    const said = changedSteps([invite, { ...write, input: { message_text: "{{first_name|there}}" } }], {
      change: "columns",
      "column.first_name": "Vorname",
    });
    expect(said).toMatchObject([{ input: { message: "Hi {{Vorname}}" } }, { input: { message_text: "{{Vorname|there}}" } }]);
  });

  test("waits are told in words", () => {
    expect([invite, write, look].map(waitWords)).toEqual([
      "",
      "after 3 to 5 days, only for people who have not answered",
      "after 7 to 9 days",
    ]);
    expect(waitWords({ ...look, afterDays: [1, 1] }, 1)).toBe("after 1 day");
    expect(waitWords(invite, 1)).toBe("at once");
  });
});
