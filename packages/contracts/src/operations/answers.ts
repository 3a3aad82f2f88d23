/**
 * Pieces of what the provider answers. They describe and never reject: an answer was paid for whatever its shape, so everything is
 * optional, may be null, and more may come.
 */
import { z } from "zod";

export const Text = z.string().nullish();
export const Whole = z.number().nullish();
export const Flag = z.boolean().nullish();
/** Above 2^53 it arrives as the string of its digits. */
export const Id = z.union([z.string(), z.number()]).nullish();

/** An object of these members, and others. */
export function answer<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.looseObject(shape);
}

/** Rows of these members, and others. */
export function rows<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.array(z.looseObject(shape)).nullish();
}

/** 10 rows a page on network lists, 50 in the profile search sample. */
export const Pagination = z
  .looseObject({ start_page: Whole, end_page: Whole, results_per_page: Whole, pages_fetched: Whole, has_next_page: Flag })
  .nullish();

/** The answer of a call that does something; some answer `data` instead, of unseen shape. */
export const Done = answer({ message: Text });
/** A read whose answer no stored page shows. */
export const Unseen = answer({});
