import { expect, test } from "vitest";
import { drawCurves, roundUp } from "./draw-curve.ts";

const picture = {
  title: "Redis for a job",
  unit: "waiting jobs",
  valueUnit: "us",
  curves: [
    {
      name: "linkup-queue",
      points: [
        { size: 1_000, value: 500 },
        { size: 1_000_000, value: 520 },
      ],
    },
    { name: "A <b> & C", points: [{ size: 1_000, value: 250 }] },
  ],
};

test("each point stands at its place: tenfold sizes as far apart as others, a flat curve as a level line", () => {
  const svg = drawCurves({ ...picture, curves: [{ name: "flat", points: [10, 100, 1_000].map((size) => ({ size, value: 40 })) }] });
  const [, line = ""] = /points="([^"]+)"/.exec(svg) ?? [];
  const places = line.split(" ").map((point) => point.split(",").map(Number));
  expect(new Set(places.map(([, y]) => y)).size).toBe(1);
  const [first = 0, second = 0, third = 0] = places.map(([x]) => x);
  expect(third - second).toBeCloseTo(second - first, 0);
});

test("names, units and the largest value of each curve are told in words, and nothing in them is markup", () => {
  const svg = drawCurves(picture);
  expect(svg).toContain("Redis for a job, us");
  expect(svg).toContain("linkup-queue: 520");
  expect(svg).toContain("A &lt;b&gt; &amp; C: 250");
  expect(svg).not.toContain("<b>");
});

test("the highest line is a round number above all points", () => {
  expect([1, 3, 41, 520, 801].map(roundUp)).toEqual([1, 4, 80, 800, 1_000]);
});

test("a picture without a point is refused", () => {
  expect(() => drawCurves({ ...picture, curves: [{ name: "none", points: [] }] })).toThrow("no point");
});
