/** Places of lines among those of their target: as a plain count would have them, in a memory that can be told beforehand. */
import { hash } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { waitFor } from "@linkup-queue/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Place, TargetOrdinals } from "./target-ordinals.ts";

const digest = (text: string) => hash("sha256", text, "base64url");

test("a line's place is counted among the lines of its target, refused ones included, and among those with its content", () => {
  const line = fc.record({ target: fc.nat(6).map(String), content: fc.option(fc.constantFrom("a", "b", "c"), { nil: null }) });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 60 }), (lines) => {
      const ordinals = new TargetOrdinals();
      const seen: typeof lines = [];
      for (const one of lines) {
        seen.push(one);
        const ofTarget = seen.filter(({ target }) => target === one.target);
        const want: Place = { ordinal: ofTarget.length, copy: ofTarget.filter(({ content }) => content === one.content).length };
        const place = ordinals.next(digest(one.target), one.content === null ? null : digest(one.content));
        expect(one.content === null ? place.ordinal : place).toEqual(one.content === null ? want.ordinal : want);
      }
    }),
  );
});

test("a million targets take 34 MB, and each is still known", async () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  collect();
  const before = process.memoryUsage().arrayBuffers;
  const ordinals = new TargetOrdinals();
  const text = digest("text");
  for (let n = 0; n < 1_000_000; n++) ordinals.next(digest(`target ${n}`), text);
  // The tables of before, which are gone, may wait for their collection as long as they like.
  const held = () => {
    collect();
    return process.memoryUsage().arrayBuffers - before;
  };
  await waitFor(held, { what: "the tables of before to be collected", until: (bytes) => bytes < 34_000_000 + 1_000_000 });
  for (let n = 0; n < 1_000_000; n += 99_991)
    expect(ordinals.next(digest(`target ${n}`), digest("other"))).toEqual({ ordinal: 2, copy: 1 });
  expect(ordinals.next(digest("target 99991"), text)).toEqual({ ordinal: 3, copy: 2 });
});
