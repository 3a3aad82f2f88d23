/** The text of a settings file: every setting explained, those without a default filled in where a fresh secret can be made. */
import { randomBytes } from "node:crypto";
import { SANDBOX_API_KEYS, SETTINGS, type Setting, settingsLine } from "@linkup-queue/contracts";

export type SettingsFileOptions = {
  /** Null: left for a person to fill in. */
  apiKey: string | null;
  /** For a sandbox on this machine. */
  sandbox: boolean;
};

const WIDTH = 118;
const SANDBOX_ADDRESS = "http://127.0.0.1:4010";

/** Values that the file sets itself. Null: written, with nothing behind the sign. */
function values({ apiKey, sandbox }: SettingsFileOptions): Readonly<Record<string, string | null>> {
  const fresh = {
    LINKUP_SECRETS_KEY: randomBytes(32).toString("base64"),
    LINKUP_ACCOUNT_POLICY: "careful",
    API_TOKENS: `admin:admin:${randomBytes(24).toString("base64url")}`,
  };
  return sandbox
    ? { ...fresh, LINKUP_API_KEY: SANDBOX_API_KEYS.init, LINKUP_BASE_URL: SANDBOX_ADDRESS, LINKUP_FRESH_KEY: "1" }
    : { ...fresh, LINKUP_API_KEY: apiKey };
}

function comment(text: string): string {
  const lines: string[] = [];
  let line = "#";
  for (const word of text.split(" ")) {
    if (`${line} ${word}`.length > WIDTH) {
      lines.push(line);
      line = "#";
    }
    line = `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}

function entry(setting: Setting, value: string | null | undefined): string {
  const about = comment(`${setting.meaning.replaceAll("`", "")}. Must be ${setting.must}.`);
  if (value !== undefined) return `${about}\n${settingsLine(setting.name, value ?? "")}`;
  return `${about}\n# Left out: ${setting.whenAbsent}\n#${setting.name}=`;
}

/** The whole file, with secrets made anew at each call. Throws LinkupError `invalid_input` for an API key that no such file can hold. */
export function settingsFile(options: SettingsFileOptions): string {
  const set = values(options);
  const groups = [...new Set(SETTINGS.map(({ neededBy }) => neededBy))].map((neededBy) => {
    const entries = SETTINGS.filter((setting) => setting.neededBy === neededBy).map((setting) => entry(setting, set[setting.name]));
    return `# ---- ${neededBy} ----\n\n${entries.join("\n\n")}`;
  });
  const head = [
    comment("Settings of linkup-queue. It holds secrets: keep it out of version control and readable by you alone."),
    comment(
      "LINKUP_SECRETS_KEY encrypts what is stored: keep a copy in a safe place; it is replaced by means of LINKUP_SECRETS_KEY_OLD, and without it the accounts have to be registered anew.",
    ),
    comment("Start a process with it: node --env-file=.env apps/worker/src/main.ts; or all of them: docker compose up --build --wait"),
    comment("A value with #, $ or a quote in it stands between single quotes, which Node and Docker Compose read alike."),
  ];
  return `${head.join("\n")}\n\n${groups.join("\n\n")}\n`;
}
