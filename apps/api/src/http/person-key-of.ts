/** The person that a request names, whatever the spelling. */
import { LinkupError, personKey } from "@linkup-queue/contracts";
import { invalidInput } from "./api-error.ts";

/** The `personKey` of the query's or body's member `url`. Throws `invalid_input`, with what is wrong with it. */
export function personKeyOf(url: string): string {
  try {
    return personKey(url);
  } catch (thrown) {
    throw invalidInput([{ path: "url", message: LinkupError.from(thrown).message }]);
  }
}
