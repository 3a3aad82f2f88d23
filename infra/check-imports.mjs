/**
 * Who may import what in `src`, tests left out: `turbo boundaries` reads manifests and can't tell a test's dependency from a product's.
 * The direction of dependencies, the one home of each third-party library, and who may read the environment.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const OURS = "@linkup-queue/";

/** The workspaces that each workspace's product code may import. `null`: all. @type {Record<string, string[] | null>} */
export const MAY_IMPORT = {
  "packages/contracts": [],
  "packages/linkup": ["contracts"],
  "packages/queue": ["contracts"],
  "packages/archive": ["contracts"],
  "packages/campaign-files": ["contracts", "archive", "queue"],
  "packages/webhooks": ["contracts"],
  "packages/testkit": ["contracts"],
  "apps/sandbox": ["contracts"],
  "apps/worker": ["contracts", "archive", "linkup", "queue", "webhooks"],
  "apps/api": ["contracts", "archive", "campaign-files", "queue", "webhooks"],
  "apps/cli": ["contracts", "archive", "campaign-files", "queue"],
  "apps/demo": null,
  "apps/bench": null,
};

/** Libraries with one home: the workspaces whose product code may import them. */
export const HOMES = [
  { library: /^bullmq$/, homes: ["packages/queue", "apps/bench", "apps/demo"] },
  { library: /^ioredis$/, homes: ["packages/queue", "packages/testkit", "apps/bench"] },
  { library: /^(kysely|pg)$/, homes: ["packages/archive"] },
  { library: /^jose$/, homes: ["packages/queue"] },
  { library: /^got$/, homes: ["packages/linkup", "packages/webhooks", "apps/bench"] },
  { library: /^(standardwebhooks|ipaddr\.js)$/, homes: ["packages/webhooks"] },
  { library: /^(express|@bull-board\/.*)$/, homes: ["apps/api"] },
  { library: /^testcontainers$/, homes: ["packages/testkit"] },
];

/** Workspaces that stand in for an operator or a test runner: they may read the environment anywhere. */
const READ_ENVIRONMENT = ["packages/testkit", "apps/demo", "apps/bench"];

/** @param {string} root The project's folder. @returns {string[]} One line for each import that is not allowed. */
export function findImportProblems(root) {
  const problems = [];
  for (const workspace of ["apps", "packages"].flatMap((parent) => readdirSync(join(root, parent)).map((name) => `${parent}/${name}`))) {
    if (!existsSync(join(root, workspace, "package.json"))) continue;
    if (!(workspace in MAY_IMPORT)) problems.push(`${workspace}: not in the table of infra/check-imports.mjs`);
    for (const file of productFiles(join(root, workspace, "src"))) {
      const text = readFileSync(join(root, workspace, "src", file), "utf8");
      for (const problem of judgeFile({ workspace, file, text })) problems.push(problem);
    }
  }
  return problems;
}

/** @param {string} folder */
function productFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (file) => /\.m?[jt]s$/.test(file) && !/\.test\.m?[jt]s$/.test(file),
  );
}

/** @param {{ workspace: string, file: string, text: string }} source @returns {string[]} */
export function judgeFile({ workspace, file, text }) {
  const problems = [];
  for (const specifier of readImports(text)) {
    const why = judgeImport(workspace, specifier);
    if (why !== null) problems.push(`${workspace}/src/${file} imports ${specifier}: ${why}`);
  }
  const isMain = /(^|[/-])main\.ts$/.test(file);
  if (!isMain && !READ_ENVIRONMENT.includes(workspace) && /\bprocess\.env\b/.test(withoutComments(text))) {
    problems.push(`${workspace}/src/${file} reads process.env: only mains do`);
  }
  return problems;
}

/** @param {string} workspace @param {string} specifier @returns {string | null} Why not; null when it is allowed. */
function judgeImport(workspace, specifier) {
  if (specifier.startsWith(OURS)) {
    const target = specifier.slice(OURS.length).split("/")[0] ?? "";
    const allowed = MAY_IMPORT[workspace];
    if (allowed === null || `${workspace.split("/")[1]}` === target) return null;
    return allowed?.includes(target) ? null : `only ${allowed?.join(", ") || "nothing of ours"} may be imported there`;
  }
  const home = HOMES.find(({ library }) => library.test(packageName(specifier)));
  if (home === undefined || home.homes.includes(workspace)) return null;
  return `its home is ${home.homes[0]}`;
}

/** @param {string} specifier `@scope/name` or `name`, without a path inside it. */
function packageName(specifier) {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** @param {string} text */
function withoutComments(text) {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
}

/** @param {string} text @returns {string[]} What a file imports or re-exports, types included. */
export function readImports(text) {
  const code = withoutComments(text);
  const found = [...code.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"'\n]+)["']/g)];
  return [...new Set(found.map((match) => match[1] ?? ""))];
}
