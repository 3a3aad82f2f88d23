/** Finds parts of a campaign's text that are probably placeholders of another program's notation, and would be sent as they stand. Pure. */
import { fieldKey, type Issue } from "@linkup-queue/contracts";
import { type StepText, textsOfSteps } from "./campaign-steps.ts";
import { type InputTemplate, PLACEHOLDER, templateFields, textsOf } from "./campaign-template.ts";

/** In the place of a placeholder of ours. */
const OURS = "\ufffc";
const ADDRESS = /(?:https?:\/\/|www\.)[^\s]+/gi;
/** A name, or several words of one. */
const NAME = String.raw`[\p{L}_][\p{L}\p{M}\p{N}_]{0,40}(?:[ .'-][\p{L}\p{M}\p{N}_]{1,40}){0,4}`;

/** Whatever stands between these is no running text. */
const NOTATIONS: readonly RegExp[] = [
  // {name}, {{{name}}}, ${name}, {% if %}, {Hi|Hello}
  /\$?\{[^{}\n]{0,80}\}+/gu,
  // A brace too many beside a placeholder of ours; [[spin:a|b]]
  /\{\ufffc|\ufffc\}/gu,
  /\[\[[^[\]\n]{1,80}\]\]/gu,
  new RegExp(String.raw`(?<![\p{N}\p{L}])%{1,2}${NAME}%{1,2}(?![\p{L}\p{N}])`, "gu"),
  new RegExp(String.raw`(?<![\p{N}\p{L}])#${NAME}#(?![\p{L}\p{N}])`, "gu"),
  // A link in Markdown is none.
  new RegExp(String.raw`\[{1,2} ?${NAME} ?(?:\|[^\[\]\n]{0,60})?\]{1,2}(?!\()`, "gu"),
  new RegExp(`<{1,2}[%=]{0,2} ?${NAME} ?%?>{1,2}`, "gu"),
  /\*\|[^|\n]{1,60}\|\*/gu,
];

/** Signs that stand in running text as well: only around what lists call a column. */
const QUOTING = new RegExp(
  String.raw`(?:«|‹|@|\$|__|~|\^)(${NAME})(?:»|›|@|\$|__|~|\^)|[$@](${NAME})|(?<=^|\s)[%:](${NAME})|\(\( ?(${NAME}) ?\)\)`,
  "gu",
);
const BARE =
  /(?<![\p{L}\p{N}_])(?:first_?name|last_?name|full_?name|FIRST_?NAME|LAST_?NAME|FULL_?NAME|FNAME|LNAME|(?:first|last|full)Name)(?![\p{L}\p{N}_])/gu;
const COLUMNS: ReadonlySet<string> = new Set(
  `name firstname lastname fullname givenname familyname surname fname lname yourname company companyname organization title jobtitle position role headline
city location country industry email phone website vorname nachname firma unternehmen anrede prenom nom entreprise societe poste nombre apellido empresa cargo nome cognome
azienda sobrenome voornaam achternaam bedrijf imie nazwisko firmy fornamn efternamn`
    .split(/\s+/)
    .map(fieldKey),
);

/** A default that is a word of another language of templates: `default:"there"`, `capitalize`, `"there"`, and the second half of `||`. */
const FOREIGN_DEFAULT =
  /^\s*(?:[|?]|(?:default|fallback|if_?empty|else|or)\s*[:=(]|(?:capitali[sz]e|upcase|downcase|upper|lower|title|titlecase|trim|strip|escape|safe|first|raw)\s*(?:\(\)|\|.*)?\s*$|(["'“‘„]).*["'”’“]\s*$)/isu;

const MOST_SHOWN = 60;
/** No text that anybody reads is longer; a file's content is no text. */
const LOOKED_AT = 20_000;

/** All doubts about what a campaign would send: its text, and an address that is not taken from the list. */
export function campaignTextDoubts(definition: Parameters<typeof textsOfSteps>[0]): Issue[] {
  return textsOfSteps(definition).flatMap(({ path, ...text }) =>
    doubtsOf(text).map((issue) => ({ ...issue, path: `${path}${issue.path}` })),
  );
}

function doubtsOf({ operation, input }: StepText): Issue[] {
  const { linkedin_url: address } = input;
  // A search of posts takes the address of their author.
  const isOnePerson = operation !== "post.search" && typeof address === "string" && templateFields({ address }).size === 0;
  const message = "is one address for all recipients, so all would go to the same person: {{linkedin_url}} takes each one's from the list";
  return [...(isOnePerson ? [{ path: "input.linkedin_url", message }] : []), ...textDoubts(input)];
}

/** Each doubt with the field of the input that it is in. The text itself is shown: it is nobody's data yet. */
export function textDoubts(input: InputTemplate): Issue[] {
  return Object.entries(input).flatMap(([name, value]) => {
    const found = textsOf(value).flatMap((whole) => {
      const text = whole.slice(0, LOOKED_AT);
      return [...foreignIn(text), ...foreignDefaults(text)];
    });
    return [...new Set(found)].map((message) => ({ path: `input.${name}`, message }));
  });
}

function foreignIn(text: string): string[] {
  const running = text.replaceAll(PLACEHOLDER, (_whole, _name, fallback?: string) => `${OURS}${fallback ?? ""}`).replaceAll(ADDRESS, " ");
  const found = NOTATIONS.flatMap((notation) => running.match(notation) ?? []);
  const whole = found.join(" ");
  for (const [quoted, ...names] of running.matchAll(QUOTING)) {
    if (!whole.includes(quoted) && names.some((name) => name !== undefined && COLUMNS.has(fieldKey(name)))) found.push(quoted);
  }
  const covered = found.join(" ");
  for (const word of running.match(BARE) ?? []) if (!covered.includes(word)) found.push(word);
  return found.map(
    (one) => `${shown(one)} would be sent as it stands: a field is written {{first_name}}, or {{first_name|there}} with a default`,
  );
}

function foreignDefaults(text: string): string[] {
  const defaults = [...text.matchAll(PLACEHOLDER)].flatMap(([, , fallback]) => (fallback === undefined ? [] : [fallback]));
  return defaults
    .filter((fallback) => FOREIGN_DEFAULT.test(fallback))
    .map(
      (fallback) =>
        `the default ${shown(fallback)} would be sent as it stands: a default is written {{first_name|there}}, without quotes or words around it`,
    );
}

const shown = (text: string): string => JSON.stringify(text.replaceAll(OURS, "{{…}}").slice(0, MOST_SHOWN));
