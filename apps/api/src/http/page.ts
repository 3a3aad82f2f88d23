/** Lists: `limit`, `cursor`, and the shape of a page. A cursor is opaque to clients and checked when it comes back. */
import { z } from "zod";
import { invalidInput } from "./api-error.ts";

export const MOST_ROWS = 1_000;
const DEFAULT_ROWS = 100;

export const PAGE_QUERY = {
  limit: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, `must be a whole number from 1 to ${MOST_ROWS}`)
    .transform(Number)
    .refine((limit) => limit <= MOST_ROWS, `must be a whole number from 1 to ${MOST_ROWS}`)
    .optional()
    .default(DEFAULT_ROWS)
    .meta({ description: `most rows wanted, 1 to ${MOST_ROWS}` }),
  cursor: z.string().max(1_000, "must be the nextCursor of an earlier answer").optional().describe("the nextCursor of the page before"),
};

/** The schema of a page of these rows. */
export function pageOf<Row extends z.ZodType>(row: Row) {
  return z.object({
    items: z.array(row),
    nextCursor: z.string().nullable().describe("hand it back as `cursor` for the next page; null at the end"),
  });
}

/** A place in a list as opaque text. */
export function toCursor(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/** The place in a cursor; undefined without one. Throws `invalid_input` for what was not made here. */
export function fromCursor<Place extends z.ZodType>(cursor: string | undefined, schema: Place): z.output<Place> | undefined {
  if (cursor === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
  } catch {
    throw invalidInput([{ path: "cursor", message: "must be the nextCursor of an earlier answer" }]);
  }
}
