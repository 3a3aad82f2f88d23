/** `--input`: an operation's fields as JSON on the command line. */
import { LinkupError, parseSentJson } from "@linkup-queue/contracts";

/** The value of `--input`. Throws LinkupError `invalid_input`, which repeats nothing of it. */
export function readInput(text: string): unknown {
  try {
    return parseSentJson(text);
  } catch (thrown) {
    const [issue] = LinkupError.from(thrown).issues ?? [];
    const hint = 'at a shell it needs quotes: --input \'{"linkedin_url": "..."}\'';
    throw new LinkupError("invalid_input", `--input ${issue?.message ?? "is not JSON"}; ${hint}`, { cause: thrown });
  }
}
