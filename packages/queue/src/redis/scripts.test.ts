/** How scripts are put together: nothing of theirs reaches Redis but by the `call` that a test may put its clock into. */
import { expect, test } from "vitest";
import { assemble } from "./scripts.ts";

const prelude = { name: "prelude", text: "local time = call('TIME')" };

test("the parts follow each other behind what they call Redis by, under the last part's flags", () => {
  const last = { name: "settle", text: "#!lua flags=allow-oom\nreturn time" };
  expect(assemble([prelude, last], { layout: "1" })).toBe(
    "#!lua flags=allow-oom\nlocal LAYOUT, call = '1', redis.call\nlocal time = call('TIME')\nreturn time",
  );
  expect(assemble([prelude], { layout: "1", redisCall: "a_clock()" })).toBe(
    "local LAYOUT, call = '1', a_clock()\nlocal time = call('TIME')",
  );
});

test.each(["local call = redis.call", "return redis.pcall('GET', 'k')", "redis . call('PING')"])(
  "a part that goes past it is refused: %s",
  (text) => {
    expect(() => assemble([prelude, { name: "look", text }], { layout: "1" })).toThrow("look.lua reaches Redis past the `call`");
  },
);
