/**
 * The api's bearer tokens as configuration: who may call, as which role.
 * A message here names an entry by its place only: whoever mixes up the parts has the secret where the name belongs.
 */
import { z } from "zod";
import type { SettingText } from "./settings-values.ts";

/** Each role may do what those before it may. */
export const API_ROLES = ["viewer", "producer", "admin"] as const;
export type ApiRole = (typeof API_ROLES)[number];

/** Who may call the api; `secret` is the bearer token itself. */
export type ApiToken = { name: string; role: ApiRole; secret: string };

const LEAST_SECRET_CHARACTERS = 16;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/;
const SECRET = /^[\x21-\x7e]{1,512}$/;

type Entry = { place: number; name: string; role: string; secret: string };

function entriesOf(text: string): Entry[] {
  return text.split(",").map((entry, index) => {
    const [name = "", role = "", ...rest] = entry.trim().split(":");
    return { place: index + 1, name, role, secret: rest.join(":") };
  });
}

function problemsOf(entry: Entry): string[] {
  const problems: string[] = [];
  if (entry.role === "" || entry.secret === "") return ["has not the form name:role:secret"];
  if (!NAME.test(entry.name)) problems.push("has a name that is not 1 to 40 of A-Z a-z 0-9 . _ -, starting with a letter or digit");
  if (!API_ROLES.some((role) => role === entry.role)) problems.push(`has a role that is not one of ${API_ROLES.join(", ")}`);
  if (entry.secret.length < LEAST_SECRET_CHARACTERS) {
    problems.push(`has a secret of fewer than ${LEAST_SECRET_CHARACTERS} characters, which can be guessed by trying`);
  }
  if (!SECRET.test(entry.secret)) problems.push("has a secret with a space or a character that no HTTP header carries, or longer than 512");
  return problems;
}

function repeats(entries: readonly Entry[], part: "name" | "secret"): string[] {
  return entries.flatMap((entry, index) => {
    const first = entries.slice(0, index).find((earlier) => earlier[part] !== "" && earlier[part] === entry[part]);
    return first === undefined ? [] : [`entries ${first.place} and ${entry.place} have the same ${part}`];
  });
}

/** `name:role:secret,...`: names and secrets unique, secrets of 16 characters at least and without commas. */
export function apiTokens(): SettingText<ApiToken[]> {
  const schema = z.string().transform((text, context) => {
    const entries = entriesOf(text);
    const wrong = entries.flatMap((entry) => problemsOf(entry).map((problem) => `entry ${entry.place} ${problem}`));
    for (const problem of [...wrong, ...repeats(entries, "name"), ...repeats(entries, "secret")]) context.addIssue(problem);
    return entries.flatMap(({ name, role: word, secret }) => {
      const role = API_ROLES.find((known) => known === word);
      return role === undefined ? [] : [{ name, role, secret }];
    });
  });
  return schema.describe(
    `name:role:secret,... with roles ${API_ROLES.join(", ")} and secrets of at least ${LEAST_SECRET_CHARACTERS} characters`,
  );
}
