/** Lists: `limit`, `cursor`, and the shape of a page. A cursor is opaque to clients and checked when it comes back. */
import { z } from "zod";
import { invalidInput } from "./api-error.ts";

export const MOST_ROWS = 1_000;
const DEFAULT_ROWS = 100;

/** A whole number of a query, from 1 to `most`, at most four digits; `fallback` where it is left out. */
export function queryNumber({ most, fallback, description }: { most: number; fallback: number; description: string }) {
  const must = `must be a whole number from 1 to ${most}`;
  return z
    .string()
    .regex(/^[1-9]\d{0,3}$/, must)
    .transform(Number)
    .refine((number) => number <= most, must)
    .optional()
    .default(fallback)
    .meta({ description, override: ({ jsonSchema }) => describeNumber(jsonSchema, { maximum: most, default: fallback }) });
}

/** It comes as text, and clients mean a number. */
function describeNumber(schema: { type?: unknown; pattern?: unknown }, bounds: { maximum: number; default: number }): void {
  delete schema.pattern;
  Object.assign(schema, { type: "integer", minimum: 1, ...bounds });
}

export const PAGE_QUERY = {
  limit: queryNumber({ most: MOST_ROWS, fallback: DEFAULT_ROWS, description: `most rows wanted, 1 to ${MOST_ROWS}` }),
  cursor: z.string().max(1_000, "must be the nextCursor of an earlier answer").optional().describe("the nextCursor of the page before"),
};

/** The schema of a page of these rows, named after theirs. */
export function pageOf<Row extends z.ZodType>(row: Row) {
  const page = z.object({
    items: z.array(row),
    nextCursor: z.string().nullable().describe("hand it back as `cursor` for the next page; null at the end"),
  });
  const { id } = row.meta() ?? {};
  return id === undefined ? page : page.meta({ id: `${id}Page` });
}

/** A place in a list as opaque text. */
export function toCursor(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/** The place in a cursor, which came in the parameter `name`; undefined without one. Throws `invalid_input` for what was not made here. */
export function fromCursor<Place extends z.ZodType>(
  cursor: string | undefined,
  schema: Place,
  name = "cursor",
): z.output<Place> | undefined {
  if (cursor === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
  } catch {
    throw invalidInput([{ path: name, message: "must be the nextCursor of an earlier answer" }]);
  }
}
