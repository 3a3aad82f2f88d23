/** The docs page of the settings, as a pure function of their table. It shows no value but defaults. */
import { DEVELOPMENT_VALUES } from "./settings-development.ts";
import { SETTINGS, type Setting } from "./settings-table.ts";

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function row({ name, required, whenAbsent, must, meaning }: Setting): string {
  return `| \`${name}\` | ${required ? "**required**" : cell(whenAbsent)} | ${cell(meaning)} | ${cell(must)} |`;
}

function section(title: string, neededBy: Setting["neededBy"]): string {
  const rows = SETTINGS.filter((setting) => setting.neededBy === neededBy).map(row);
  return `## ${title}\n\n| name | when left out | meaning | must be |\n| --- | --- | --- | --- |\n${rows.join("\n")}\n`;
}

/** The whole page as Markdown, ending in a newline. */
export function settingsPage(): string {
  const secrets = SETTINGS.filter(({ secret }) => secret).map(({ name }) => `\`${name}\``);
  return `<!-- Written by \`npm run docs\` from the table of settings. Don't edit: change the table and run that. -->
# Settings

Read from the environment, once, at start. A process that finds problems tells all of them at once, one line each, and starts nothing.
White space around a value is dropped, and an empty value counts as left out. No value is ever repeated in an error.
Keep these secret: ${secrets.join(", ")}.

A name that starts with \`LINKUP_\` and is not on this page is an error that suggests the nearest one. Variables that Kubernetes adds for services
(\`*_SERVICE_HOST\`, \`*_SERVICE_PORT\`, \`*_PORT\`, \`*_PORT_<n>_TCP\` and the like) are ignored, also where a service's name makes one of ours:
\`API_PORT=tcp://...\` counts as left out.

## Development values

Worker and api start with none of these unless the host of \`LINKUP_BASE_URL\` is this machine or a private network: a loopback, private or
link-local address, a name without a dot such as \`sandbox\`, or one under \`localhost\`. The text decides; no name is looked up.

${DEVELOPMENT_VALUES.map(({ name, what, why }) => `- \`${name}\`: ${what}. It ${why}`).join("\n")}

${section("Worker and api", "worker and api")}
${section("Worker", "worker")}
${section("Api", "api")}`;
}
