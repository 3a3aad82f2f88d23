/**
 * One value in a settings file, written so that Node and Docker Compose read the same. They differ: Node ends an unquoted value at any `#`
 * and knows no escapes but \n between double quotes; Compose puts variables in place of `$` outside single quotes, and takes a backslash
 * before a quote for an escape. (https://nodejs.org/api/environment_variables.html#dotenv,
 * https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax)
 */
import { LinkupError } from "../outcome/error.ts";

/** Printable ASCII: all that a setting may hold. A control character would end the line. */
const PRINTABLE = /^[\x20-\x7e]*$/;
/** Read literally by both as it stands: no blank at either end, no quote in front, nothing that begins a comment or a variable. */
const PLAIN = /^(?![\s"'`])[^#$]*[^\s#$]$/;
/** Read literally by both between single quotes: none within, and no backslash that would escape the closing one. */
const SINGLE = /^[^']*[^'\\]$/;
/** Read literally by both between double quotes: nothing that is an escape or a variable to one of them. */
const DOUBLE = /^[^"$\\]+$/;

/** `name=value`. Throws LinkupError `invalid_input`, without the value, for the few values that can't be written so. */
export function settingsLine(name: string, value: string): string {
  if (PRINTABLE.test(value)) {
    if (value === "" || PLAIN.test(value)) return `${name}=${value}`;
    if (SINGLE.test(value)) return `${name}='${value}'`;
    if (DOUBLE.test(value)) return `${name}="${value}"`;
  }
  throw new LinkupError(
    "invalid_input",
    `${name} has a combination of quotes, #, $ and backslashes that no settings file can hold for both Node and Docker Compose; leave it out of the file and set it in the environment of the processes`,
  );
}
