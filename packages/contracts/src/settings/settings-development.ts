/**
 * Development values: settings that give up a promise, and values that everybody can read in the sources. Beside any address but
 * that of a sandbox on this machine or a private network they are refused. No message here holds a value.
 */
import { leadsToOwnHost, providerHost } from "./provider-host.ts";
import { MAKE_SECRETS_KEY } from "./settings-values.ts";

/** API keys for the sandbox, which takes any: of infra/development.env, of `linkup init --sandbox`, of `linkup dev`. */
export const SANDBOX_API_KEYS = { compose: "development-key", init: "sandbox-key", dev: "dev-sandbox-key" } as const;
/** The public LINKUP_SECRETS_KEY of infra/development.env. */
export const PUBLIC_SECRETS_KEY = "ZGV2ZWxvcG1lbnQtb25seS1ub3QtYS1zZWNyZXQtMDA=";
/** The public admin's secret in infra/development.env. */
export const PUBLIC_TOKEN_SECRET = "development-admin";

const KNOWN_KEYS: ReadonlySet<string> = new Set(Object.values(SANDBOX_API_KEYS));

/** Five minutes, ms: what a provider does late it does sooner. */
const SHORTEST_LOOK_GAP_MS = 300_000;

const isOn = (text: string) => /^(?:1|true)$/i.test(text);
const isPublicKey = (text: string) => Buffer.from(text, "base64").equals(Buffer.from(PUBLIC_SECRETS_KEY, "base64"));
const holdsPublicSecret = (text: string) =>
  text.split(",").some((entry) => entry.trim().split(":").slice(2).join(":") === PUBLIC_TOKEN_SECRET);

type DevelopmentValue = { name: string; what: string; isOne: (text: string) => boolean; why: string; remedy: string };

/** Each of them: the setting, which of its values, how one is told, what is wrong with it, what to do. */
export const DEVELOPMENT_VALUES: readonly DevelopmentValue[] = [
  {
    name: "LINKUP_FRESH_KEY",
    what: "`1`",
    isOne: isOn,
    why: "is for the sandbox: after a lost Redis it breaks the limit",
    remedy: "leave it out, and a Redis without state waits for one window",
  },
  {
    name: "LINKUP_ALLOW_VOLATILE_REDIS",
    what: "`1`",
    isOne: isOn,
    why: "is for the sandbox: a Redis that forgets sends twice",
    remedy: "leave it out, and give Redis what infra/redis.conf says",
  },
  {
    name: "LINKUP_LOOK_GAP_MS",
    what: "less than `300000`",
    isOne: (text) => text.trim() !== "" && Number(text) < SHORTEST_LOOK_GAP_MS,
    why: "is for the sandbox: what the provider does late would be called not done, and be sent again",
    remedy: "leave it out",
  },
  {
    name: "LINKUP_SECRETS_KEY",
    what: "the one of `infra/development.env`",
    isOne: isPublicKey,
    why: "is the development value, which everybody can read in the sources",
    remedy: `make one with: ${MAKE_SECRETS_KEY}`,
  },
  {
    name: "LINKUP_API_KEY",
    what: Object.values(SANDBOX_API_KEYS)
      .map((key) => `\`${key}\``)
      .join(", "),
    isOne: (text) => KNOWN_KEYS.has(text),
    why: "is a development value, which only the sandbox takes",
    remedy: "copy the API key from your LinkUp account",
  },
  {
    name: "API_TOKENS",
    what: "the secret of `infra/development.env`",
    isOne: holdsPublicSecret,
    why: "has a secret that is a development value, which everybody can read in the sources",
    remedy: "put a secret of your own in its place",
  },
];

/**
 * Development values among the settings that are set, one line each; none where `baseUrl` is no address, or leads to this machine or a
 * private network. The settings of every process are judged, whoever reads them: they stand in one file.
 */
export function developmentProblems(given: Readonly<Record<string, string | undefined>>, baseUrl: string): string[] {
  if (!URL.canParse(baseUrl) || leadsToOwnHost(baseUrl)) return [];
  const where = `and LINKUP_BASE_URL leads to ${providerHost(baseUrl)}`;
  return DEVELOPMENT_VALUES.filter(({ name, isOne }) => isOne(given[name] ?? "")).map(
    ({ name, why, remedy }) =>
      `${name}: ${why}, ${where}; ${remedy}, or set LINKUP_BASE_URL to a sandbox on this machine or a private network`,
  );
}
