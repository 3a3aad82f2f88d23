/**
 * Files that hold people's data or secrets: readable by their owner alone, in a folder that nobody else can put things into, and never behind a
 * link, which somebody else may have laid. No file is read here.
 */
import { chmodSync, closeSync, constants, existsSync, lstatSync, openSync, type Stats, statSync, writeSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { LinkupError } from "../outcome/error.ts";

const ONLY_OURS = 0o600;
const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/** Throws LinkupError `conflict` unless the folder is no link, belongs to us or root, and nobody else can put anything of ours aside in it. */
export function refuseForeignFolder(folder: string): void {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (found.isSymbolicLink()) throw foreign(folder, "is a link; name the folder itself");
  if (!found.isDirectory()) throw foreign(folder, "is no folder");
  refuseOthersFolder(folder, found);
}

/**
 * Makes sure that a file, there or not yet, is one that only we read: a new one is made empty, an old one that is ours gets its mode. Throws
 * LinkupError `conflict` for a link, another user's file, or a foreign folder; and as node:fs does.
 */
export function claimFile(path: string): void {
  const file = resolve(path);
  const folder = dirname(file);
  refuseForeignWay(folder);
  if (existsSync(folder)) refuseOthersFolder(folder, statSync(folder));
  if (!claimOld(file)) {
    closeSync(openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, ONLY_OURS));
  }
}

/** As `claimFile`, for a file that others than we make and that need not be there. */
export function claimFileIfThere(path: string): void {
  claimOld(resolve(path));
}

/** Answers whether the file is there. */
function claimOld(file: string): boolean {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found === undefined) return false;
  if (found.isSymbolicLink()) throw foreign(file, "is a link; name the file itself");
  if (!found.isFile()) return true;
  refuseForeignOwner(file, found.uid);
  if ((found.mode & 0o777) !== ONLY_OURS && found.uid === process.getuid?.()) chmodSync(file, ONLY_OURS);
  return true;
}

/** A folder may be reached over links of the system's, as /tmp is on some, or of our own; one that somebody else laid leads wherever they like. */
function refuseForeignWay(folder: string): void {
  for (let at = folder; dirname(at) !== at; at = dirname(at)) {
    const found = lstatSync(at, { throwIfNoEntry: false });
    if (found?.isSymbolicLink() === true) refuseForeignOwner(at, found.uid);
  }
}

/** Writes a text into such a file, in place of what was in it. Throws as `claimFile`. */
export function writeOwnFile(path: string, text: string): void {
  claimFile(path);
  const file = openSync(path, constants.O_WRONLY | constants.O_TRUNC | constants.O_NOFOLLOW);
  try {
    writeSync(file, text);
  } finally {
    closeSync(file);
  }
}

/** In a sticky folder others may put things, and can't put ours aside. */
function refuseOthersFolder(folder: string, { uid, mode }: Stats): void {
  refuseForeignOwner(folder, uid);
  if ((mode & WRITABLE_BY_OTHERS) !== 0 && (mode & STICKY) === 0)
    throw foreign(folder, `can be written to by others: chmod go-w ${folder}`);
}

function refuseForeignOwner(path: string, uid: number): void {
  const own = process.getuid?.() ?? 0;
  // Root can do as it likes with everything anyway.
  if (uid !== own && uid !== 0)
    throw foreign(path, `belongs to another user (${uid}): who owns it could read or replace what is kept there`);
}

function foreign(path: string, why: string): LinkupError {
  return new LinkupError("conflict", `${path} ${why}`);
}
