/**
 * Holds the project against the rooms of rooms.mjs: who may import what in `src`, tests left out (`turbo boundaries` reads manifests and
 * can't tell a test's dependency from a product's); which folder may enter which; the manifests and turbo.json, which say the same; the one
 * home of each third-party library; who may read the environment.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { HOMES, READ_ENVIRONMENT, ROOMS, WORKSPACES } from "./rooms.mjs";

const OURS = "@linkup-queue/";

/** @param {string} root The project's folder. @returns {string[]} One line for each import or entry that is not allowed. */
export function findImportProblems(root) {
  const problems = [];
  for (const workspace of ["apps", "packages"].flatMap((parent) => readdirSync(join(root, parent)).map((name) => `${parent}/${name}`))) {
    if (!existsSync(join(root, workspace, "package.json"))) continue;
    if (!(workspace in WORKSPACES)) problems.push(`${workspace}: not in the table of infra/rooms.mjs`);
    for (const problem of judgeManifest(workspace, readJson(join(root, workspace, "package.json")))) problems.push(problem);
    for (const file of productFiles(join(root, workspace, "src"))) {
      const text = readFileSync(join(root, workspace, "src", file), "utf8");
      for (const problem of judgeFile({ workspace, file, text })) problems.push(problem);
    }
  }
  return [...problems, ...judgeTurbo(readJson(join(root, "turbo.json")))];
}

/** @param {string} path */
function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}

/** @param {string} folder */
function productFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (file) => /\.m?[jt]s$/.test(file) && !/\.test\.m?[jt]s$/.test(file),
  );
}

/**
 * A manifest asks for no workspace of ours that the table does not allow.
 * @param {string} workspace @param {{ dependencies?: Record<string, string>, devDependencies?: Record<string, string> }} manifest
 * @returns {string[]}
 */
export function judgeManifest(workspace, manifest) {
  const allowed = WORKSPACES[workspace];
  if (allowed === null || allowed === undefined) return [];
  const problems = [];
  for (const name of oursIn(manifest.dependencies)) {
    if (!workspacesOf(allowed.product).includes(name))
      problems.push(`${workspace}/package.json depends on ${name}: infra/rooms.mjs does not allow it`);
  }
  for (const name of oursIn(manifest.devDependencies)) {
    if (workspacesOf([...allowed.product, ...allowed.tests]).includes(name)) continue;
    problems.push(`${workspace}/package.json depends on ${name} for its tests: infra/rooms.mjs does not allow it`);
  }
  return problems;
}

/** @param {string[]} entries @returns {string[]} Whose they are: a manifest asks for a workspace whole. */
function workspacesOf(entries) {
  return [...new Set(entries.map((entry) => entry.split("/")[0] ?? ""))];
}

/** @param {Record<string, string> | undefined} dependencies */
function oursIn(dependencies) {
  return Object.keys(dependencies ?? {}).flatMap((name) => (name.startsWith(OURS) ? [name.slice(OURS.length)] : []));
}

/**
 * The tags of turbo.json allow what the table allows, no more and no less.
 * @param {{ boundaries?: { tags?: Record<string, { dependencies: { allow: string[] } }> } }} turbo @returns {string[]}
 */
export function judgeTurbo(turbo) {
  const tags = turbo.boundaries?.tags ?? {};
  const problems = [];
  for (const [workspace, allowed] of Object.entries(WORKSPACES)) {
    if (allowed === null) continue;
    const tag = posix.basename(workspace);
    const wanted = workspacesOf([...allowed.product, ...allowed.tests])
      .sort()
      .join(", ");
    const found = [...(tags[tag]?.dependencies.allow ?? [])].sort().join(", ");
    if (found !== wanted)
      problems.push(`turbo.json lets ${tag} depend on ${found || "nothing"}; infra/rooms.mjs on ${wanted || "nothing"}`);
  }
  return problems;
}

/** @param {{ workspace: string, file: string, text: string }} source @returns {string[]} */
export function judgeFile({ workspace, file, text }) {
  const problems = [];
  for (const specifier of readImports(text)) {
    const why = judgeImport({ workspace, file, specifier });
    if (why !== null) problems.push(`${workspace}/src/${file} imports ${specifier}: ${why}`);
  }
  const isMain = /(^|[/-])main\.ts$/.test(file);
  if (!isMain && !READ_ENVIRONMENT.includes(workspace) && /\bprocess\.env\b/.test(withoutComments(text))) {
    problems.push(`${workspace}/src/${file} reads process.env: only mains do`);
  }
  return problems;
}

/** @param {{ workspace: string, file: string, specifier: string }} one @returns {string | null} Why not; null when it is allowed. */
function judgeImport({ workspace, file, specifier }) {
  if (specifier.startsWith(".")) return judgeRoom({ workspace, file, specifier });
  if (specifier.startsWith(OURS)) {
    const entry = specifier.slice(OURS.length);
    const [target = ""] = entry.split("/");
    const allowed = WORKSPACES[workspace];
    if (allowed === null || `${workspace.split("/")[1]}` === target) return null;
    return allowed?.product.includes(target) || allowed?.product.includes(entry)
      ? null
      : `only ${allowed?.product.join(", ") || "nothing of ours"} may be imported there`;
  }
  const home = HOMES.find(({ library }) => library.test(packageName(specifier)));
  if (home === undefined || home.homes.includes(workspace)) return null;
  return `its home is ${home.homes[0]}`;
}

/** @param {{ workspace: string, file: string, specifier: string }} one @returns {string | null} */
function judgeRoom({ workspace, file, specifier }) {
  const rooms = ROOMS[workspace];
  const from = roomOf(dirname(file));
  if (rooms === undefined || from === ".") return null;
  const to = roomOf(posix.join(dirname(file), posix.dirname(specifier)));
  const allowed = rooms[from];
  if (allowed === undefined) return `${from} is no room of infra/rooms.mjs`;
  if (to === from || allowed.includes(to)) return null;
  return `${from} may not enter ${to === "." ? "what stands on top of all rooms" : to}, only ${allowed.join(", ") || "no room"}`;
}

/** A room's scripts, and what types them, lie in its folder `lua`. @param {string} folder */
function roomOf(folder) {
  return folder.replace(/\/lua$/, "");
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
