/** A picture of how a figure goes with a size that grows tenfold from point to point: SVG, readable on light and on dark pages. No measuring here. */

export type Curve = { name: string; points: readonly { size: number; value: number }[] };
export type Picture = {
  title: string /** Of the sizes. */;
  unit: string /** Of the values. */;
  valueUnit: string;
  curves: readonly Curve[];
};

const WIDTH = 560;
const HEIGHT = 300;
const EDGE = { left: 64, right: 150, top: 44, bottom: 52 };
const SPAN = { x: WIDTH - EDGE.left - EDGE.right, y: HEIGHT - EDGE.top - EDGE.bottom };
/** Told apart by more than their colour: the second is dashed. */
const STROKES = [
  { colour: "#0b62a8", dash: "none" },
  { colour: "#9a4a00", dash: "6 4" },
];
const LINES = 4;

/** A round number at or above `value`, of which a quarter is short to read too. */
export function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 4, 8, 10].find((one) => one * power >= value) ?? 10;
  return step * power;
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const told = (value: number): string => value.toLocaleString("en-US", { maximumFractionDigits: 1 });
const at = (value: number): string => value.toFixed(1);

type Attributes = Readonly<Record<string, string | number>>;
type Place = { x: number; y: number };

function tag(name: string, attributes: Attributes, inside = ""): string {
  const words = Object.entries(attributes).map(([key, value]) => ` ${key}="${typeof value === "number" ? at(value) : value}"`);
  return `<${name}${words.join("")}>${inside}</${name}>`;
}

const text = ({ x, y }: Place, words: string, more: Attributes = {}): string => tag("text", { x, y, ...more }, escaped(words));

/** Where a point stands: sizes by their logarithm, values from zero. */
function placesIn(points: Curve["points"], title: string) {
  const sizes = [...new Set(points.map(({ size }) => size))].sort((one, other) => one - other);
  const [least, most] = [sizes[0], sizes.at(-1)];
  if (least === undefined || most === undefined) throw new Error(`${title} has no point to draw`);
  const top = roundUp(points.reduce((highest, { value }) => Math.max(highest, value), 1));
  const x = (size: number) => EDGE.left + (most === least ? 0 : (Math.log(size / least) / Math.log(most / least)) * SPAN.x);
  const y = (value: number) => EDGE.top + SPAN.y - (value / top) * SPAN.y;
  return { sizes, top, x, y };
}

type Places = ReturnType<typeof placesIn>;

function gridOf({ sizes, top, x, y }: Places): string[] {
  const values = Array.from({ length: LINES + 1 }, (_, line) => (top / LINES) * line);
  return [
    ...values.flatMap((value) => [
      tag("line", { x1: EDGE.left, x2: EDGE.left + SPAN.x, y1: y(value), y2: y(value), stroke: "#d0d7de" }),
      text({ x: EDGE.left - 8, y: y(value) + 4 }, told(value), { "text-anchor": "end" }),
    ]),
    ...sizes.map((size) => text({ x: x(size), y: EDGE.top + SPAN.y + 20 }, told(size), { "text-anchor": "middle" })),
  ];
}

function curveOf({ name, points }: Curve, { colour, dash }: (typeof STROKES)[number], { x, y }: Places): string[] {
  const line = points.map(({ size, value }) => `${at(x(size))},${at(y(value))}`).join(" ");
  const last = points.at(-1);
  return [
    tag("polyline", { points: line, fill: "none", stroke: colour, "stroke-width": 2, "stroke-dasharray": dash }),
    ...points.map(({ size, value }) => {
      const title = tag("title", {}, escaped(`${name}, ${told(size)}: ${told(value)}`));
      return tag("circle", { cx: x(size), cy: y(value), r: 3.5, fill: colour }, title);
    }),
    ...(last === undefined ? [] : [text({ x: x(last.size) + 10, y: y(last.value) + 4 }, `${name}: ${told(last.value)}`, { fill: colour })]),
  ];
}

/** The picture as a file's text. Throws where there is no point. */
export function drawCurves({ title, unit, valueUnit, curves }: Picture): string {
  const places = placesIn(
    curves.flatMap(({ points }) => points),
    title,
  );
  const stroke = (number: number) => STROKES[number % STROKES.length] as (typeof STROKES)[number];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12" fill="#24292f" role="img">
${[
  tag("title", {}, escaped(title)),
  tag("rect", { width: WIDTH, height: HEIGHT, fill: "#ffffff" }),
  text({ x: EDGE.left, y: 24 }, `${title}, ${valueUnit}`, { "font-size": 14, "font-weight": "bold" }),
  ...gridOf(places),
  text({ x: EDGE.left + SPAN.x / 2, y: HEIGHT - 10 }, unit, { "text-anchor": "middle" }),
  ...curves.flatMap((curve, number) => curveOf(curve, stroke(number), places)),
].join("\n")}
</svg>
`;
}
