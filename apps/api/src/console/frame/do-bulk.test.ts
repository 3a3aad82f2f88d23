/** A change to many jobs goes on call by call, adds up what was done, and says where it stopped. */
import { LinkupError } from "@linkup-queue/contracts";
import { expect, test } from "vitest";
import { doBulk } from "./do-bulk.ts";

const answer = (cancelled: number, nextCursor: string | null, reasons = {}) => ({
  status: 200,
  body: { cancelled, callOut: 1, more: nextCursor !== null, reasons, nextCursor },
});

/** Answers one call after the other; tells the cursors that it was handed. */
function calls(answers: readonly (ReturnType<typeof answer> | Error)[]) {
  const cursors: (string | undefined)[] = [];
  const run = async (fields: Readonly<Record<string, string>>) => {
    cursors.push(fields["cursor"]);
    const next = answers[cursors.length - 1] ?? new Error("asked once too often");
    if (next instanceof Error) throw next;
    return next;
  };
  return { cursors, run };
}

test("it goes on from each answer's cursor until there is none, and adds up counts and reasons", async () => {
  const { run, cursors } = calls([answer(100, "a", { expired: 1 }), answer(100, "b", { expired: 2, happened: 1 }), answer(7, null)]);
  const done = await doBulk(run, { fields: { account: "ada" }, withinMs: Number.POSITIVE_INFINITY });
  expect(done).toEqual({ counts: { cancelled: 207, callOut: 3 }, reasons: { expired: 3, happened: 1 }, cursor: null, problem: null });
  expect(cursors).toEqual([undefined, "a", "b"]);
});

test("when its time is over it says where to go on, and begins there when it is sent again", async () => {
  const first = calls([answer(100, "a")]);
  expect(await doBulk(first.run, { fields: {}, withinMs: 0 })).toMatchObject({ counts: { cancelled: 100 }, cursor: "a" });
  const second = calls([answer(3, null)]);
  expect(await doBulk(second.run, { fields: { cursor: "a" } })).toMatchObject({ counts: { cancelled: 3 }, cursor: null });
  expect(second.cursors).toEqual(["a"]);
});

test("a call that fails after others keeps what these did, and the place; one that fails first is refused as any", async () => {
  const failure = new LinkupError("redis_unreachable", "Redis does not answer");
  const { run } = calls([answer(100, "a"), failure]);
  expect(await doBulk(run, { fields: {}, withinMs: Number.POSITIVE_INFINITY })).toMatchObject({
    counts: { cancelled: 100 },
    cursor: "a",
    problem: "Redis does not answer",
  });
  await expect(doBulk(calls([failure]).run, { fields: {} })).rejects.toThrow("Redis does not answer");
});
