/** The drawing of an account's days. */
import { expect, test } from "vitest";
import { textOf } from "./html.ts";
import { sparkline } from "./sparkline.ts";

const day = (of: number, calls: number, charged: number) => ({ day: `2026-11-0${of}`, calls, charged });

test("each day has a column of calls and one of credits, as high as its share of the highest, and never nothing for something", async () => {
  const text = await textOf(sparkline([day(1, 12, 24), day(2, 0, 0), day(3, 1, 0), day(4, 1_000, 1)]));
  const columns = [...text.matchAll(/<rect class="(\w+)" x="(\d+)" y="(\d+)" width="4" height="(\d+)">/g)].map(([, ...parts]) =>
    parts.join(" "),
  );
  expect(columns).toEqual(["calls 0 23 1", "charged 5 23 1", "calls 24 23 1", "calls 36 0 24", "charged 41 23 1"]);
});

test("the numbers of each day are its words, and today's and the sum stand beside it", async () => {
  const text = await textOf(sparkline([day(1, 2_000, 24), day(2, 1, 1)]));
  const told = "2026-11-01 2,000 calls, 24 credits; 2026-11-02 1 call, 1 credit";
  expect(text).toContain(`role="img" aria-label="${told}"`);
  expect(text).toContain("today 1 call, 1 credit; 2 days 2,001 calls, 25 credits");
});

test("an account without a call is told so, without a drawing", async () => {
  expect(await textOf(sparkline([day(1, 0, 0), day(2, 0, 0)]))).toBe('<p class="hint">no call in 2 days</p>');
  expect(await textOf(sparkline([]))).toBe('<p class="hint">no call in 0 days</p>');
});
