/**
 * Which names in an environment are settings, which are mistakes, and which Kubernetes made.
 * It judges names; values it looks at only to tell Kubernetes' own.
 */
import { closest } from "fastest-levenshtein";
import { SETTINGS } from "./settings-table.ts";

/** An environment as a process gets it. */
export type Environment = Readonly<Record<string, string | undefined>>;

const OUR_PREFIX = "LINKUP_";
const NAMES = SETTINGS.map(({ name }) => name);

/**
 * Variables that Kubernetes puts into each container for each service of its namespace, so a service "linkup-api" makes LINKUP_API_PORT
 * (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables).
 */
const KUBERNETES_NAME = /_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:ADDR|PORT|PROTO))?)?)$/;
/** The form of <SERVICE>_PORT. A service "api" makes API_PORT, which nobody set. */
const KUBERNETES_ADDRESS = /^(?:tcp|udp|sctp):\/\//;

/** The settings that someone set, by name, without white space around them. Empty counts as left out: Compose and Helm hand on empty ones. */
export function givenSettings(environment: Environment): Record<string, string> {
  const given = NAMES.flatMap((name) => {
    const text = environment[name]?.trim() ?? "";
    const madeByKubernetes = name.endsWith("_PORT") && KUBERNETES_ADDRESS.test(text);
    return text === "" || madeByKubernetes ? [] : [[name, text] as const];
  });
  return Object.fromEntries(given);
}

function suggestionFor(name: string): string {
  const bare = name.slice(OUR_PREFIX.length);
  if (NAMES.includes(bare)) return bare;
  // Letters alone would lead LINKUP_MAX_CREDITS to LINKUP_MAX_ATTEMPTS.
  return NAMES.find((known) => known.startsWith(`${name}_`)) ?? closest(name, NAMES);
}

/** One line for each LINKUP_ name that is no setting, with the nearest that is. */
export function unknownNames(environment: Environment): string[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith(OUR_PREFIX) && !NAMES.includes(name) && !KUBERNETES_NAME.test(name))
    .map((name) => {
      // A name that is none may be a value that slipped.
      const shown = /^[A-Za-z0-9_]{1,64}$/.test(name) ? name : `${OUR_PREFIX}... (unprintable name)`;
      return `${shown}: is not a setting; did you mean ${suggestionFor(name)}? Rename it or take it away`;
    });
}
