/**
 * Finds sentences that begin with "What", "Those" or "One that": their reader has to wait for the noun. It reads comments that have lines of
 * their own, test titles and other first arguments that are texts, and the prose of pages. Headings and questions are no such sentences.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const BEGINS = /^(?:What|Those|One that)\s(?![^.]*\?)/;
/** A stop, then a capital or a mark that opens one. */
const SENTENCE_END = /(?<=[.!?:;]["')\]]?)\s+(?=["'(`[{*]*[A-Z])/;
/** The first argument of a call, as of `test("...` and `.describe("...`. */
const FIRST_ARGUMENT = /\(\s*["'`]((?:what|those|one that)\s[^"'`\n]*)/g;
const READ = /\.(?:ts|mjs|lua|md)$/;
const FOLDERS = ["apps", "packages", "infra", "docs"];
/** The examples of this check, and a file that repeats the words of routes. */
const EXEMPT = new Set(["infra/check-words.test.mjs", "packages/client/src/api.d.ts"]);

/** @typedef {{ line: number, text: string }} Block Text that belongs together, and the line in which it begins. */

/** @param {string} root The project's folder. @returns {string[]} One line for each such sentence, `<file>:<line> ...`. */
export function findWordProblems(root) {
  return filesOf(root).flatMap((file) => judgeWords(file, readFileSync(join(root, file), "utf8")));
}

/** @param {string} root */
function filesOf(root) {
  const top = readdirSync(root).filter((file) => file.endsWith(".md"));
  return [...top, ...FOLDERS.flatMap((folder) => filesIn(root, folder))].filter((file) => READ.test(file) && !EXEMPT.has(file));
}

/** @param {string} root @param {string} folder @returns {string[]} */
function filesIn(root, folder) {
  const entries = readdirSync(join(root, folder), { withFileTypes: true }).filter(({ name }) => name !== "node_modules");
  return entries.flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesIn(root, path) : [path];
  });
}

/** @param {string} file @param {string} text @returns {string[]} */
export function judgeWords(file, text) {
  const blocks = file.endsWith(".md") ? proseOf(text) : commentsOf(text, file.endsWith(".lua"));
  const sentences = blocks.flatMap(({ line, text: block }) => hardSentences(block).map((sentence) => ({ line, sentence })));
  return [...sentences, ...(file.endsWith(".md") ? [] : hardArguments(text))].map(
    ({ line, sentence }) => `${file}:${line} begins without its noun: ${sentence.slice(0, 100)}`,
  );
}

/** @param {string} block */
function hardSentences(block) {
  const sentences = block.split(SENTENCE_END).map((sentence) => sentence.replace(/^[\s*_`"'(]+/, ""));
  return sentences.filter((sentence) => BEGINS.test(sentence));
}

/** @param {string} text */
function hardArguments(text) {
  return [...text.matchAll(FIRST_ARGUMENT)].map(({ index, 1: sentence = "" }) => ({ line: lineAt(text, index), sentence }));
}

/** @param {string} text @param {number} index */
const lineAt = (text, index) => text.slice(0, index).split("\n").length;

/** @param {string} text @param {boolean} isLua @returns {Block[]} */
function commentsOf(text, isLua) {
  const comment = isLua ? /^\s*--\s?(.*)$/ : /^\s*(?:\/\*\*?|\*\/?|\/\/)\s?(.*?)(?:\s*\*\/)?\s*$/;
  return gather(text, (line) => ({ said: comment.exec(line)?.[1] ?? null, begins: /^\s*\/\*/.test(line) }));
}

/** Paragraphs, items of lists and cells of tables, without code. @param {string} text @returns {Block[]} */
function proseOf(text) {
  let isCode = false;
  const cells = text
    .split("\n")
    .flatMap((line, index) => (line.startsWith("|") ? line.split("|").map((cell) => ({ line: index + 1, text: cell.trim() })) : []));
  const paragraphs = gather(text, (line) => {
    const isFence = /^\s*```/.test(line);
    if (isFence) isCode = !isCode;
    const isProse = !isCode && !isFence && !/^\s*(?:[#|]|$)/.test(line);
    const item = /^\s*(?:[-*]|\d+\.)\s+(.*)$/.exec(line)?.[1];
    return { said: isProse ? (item ?? line.trim()) : null, begins: item !== undefined };
  });
  return [...cells, ...paragraphs].sort((one, other) => one.line - other.line);
}

/** @param {string} text @param {(line: string) => { said: string | null, begins: boolean }} read @returns {Block[]} */
function gather(text, read) {
  /** @type {Block[]} */
  const blocks = [];
  /** @type {Block | null} */
  let block = null;
  for (const [index, line] of text.split("\n").entries()) {
    const { said, begins } = read(line);
    if (said === null) {
      block = null;
    } else if (block === null || begins) {
      block = { line: index + 1, text: said };
      blocks.push(block);
    } else {
      block.text += ` ${said}`;
    }
  }
  return blocks;
}

/** Words of the glossary that no other page, source or test says. @param {string} root @returns {string[]} */
export function findUnusedWords(root) {
  const rows = readFileSync(join(root, "docs/glossary.md"), "utf8").matchAll(/^\| (?!word \|)([a-z][a-z ]*) \|/gm);
  const elsewhere = filesOf(root).filter((file) => file !== "docs/glossary.md" && !file.startsWith("docs/decisions/"));
  const text = elsewhere.map((file) => readFileSync(join(root, file), "utf8")).join("\n");
  return [...rows].map(([, word = ""]) => word).filter((word) => !new RegExp(`\\b${word.replace(" ", "\\s+")}`, "i").test(text));
}
