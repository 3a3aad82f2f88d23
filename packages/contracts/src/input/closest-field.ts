/** The field that a misspelt name may mean: names whose letters differ in few places. Pure. */
import { distance } from "fastest-levenshtein";
import { fieldKey } from "./field-name.ts";

/** Letters that may differ: one in three, and no more than these. */
const MOST_APART = 2;

/** The name among these that is nearest to `name` without being the same; null where none is near. */
export function closestField(name: string, names: readonly string[]): string | null {
  const key = fieldKey(name);
  const most = Math.min(MOST_APART, Math.floor(key.length / 3));
  const near = names
    .map((one) => ({ one, apart: distance(fieldKey(one), key) }))
    .filter(({ apart }) => apart > 0 && apart <= most)
    .sort((left, right) => left.apart - right.apart);
  return near[0]?.one ?? null;
}
