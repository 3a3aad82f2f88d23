/**
 * A lock between processes that the kernel gives back: its holder listens on a socket inside the lock's folder, so a dead holder is known by a
 * connection that is refused, whatever its process id means by now and in whichever container of this machine it ran.
 * It must run on a bare Node 20, before anything is installed. It guards one machine: a folder that several share over a network is not held.
 *
 * The lock is a folder with one entry, named by nobody before or after. Taking it is one rename of a folder made ready beside it, which the
 * kernel refuses while the other is not empty; taking a dead holder's away is removing that one entry, which can't hit anybody else's.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmdirSync, rmSync, symlinkSync } from "node:fs";
import { access, mkdir, readdir, rename, rm, stat, unlink } from "node:fs/promises";
import { createServer, Socket } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * @typedef {{ release: () => void }} Held It may be called once, at any time, also in an exit handler.
 * @typedef {{ pid: number | null, gone: () => Promise<void> }} Holder The process as it numbers itself; `gone` waits until it gave the lock back or died.
 * @typedef {{ folder: string, name: string, close: () => void }} Claim
 */

/** The kernels' bound is 104 or 108 bytes with the closing zero; Node 20 cuts a longer path in silence. */
const LONGEST_ADDRESS = 100;
/** A claim lives for milliseconds; one that is older was left by a process that was killed. */
const CLAIM_LEFT_MS = 60_000;
/** Where a living holder is too busy to take our connection there is no signal to wait for. */
const BUSY_HOLDER_MS = 200;
const NAME = /^(\d+)-[0-9a-f]{12}$/;

/**
 * Takes the lock at `path`, or tells who has it. A file there, which is how earlier versions kept a lock, is nobody's and is removed.
 * @param {string} path @returns {Promise<{ held: Held } | { holder: Holder }>}
 * @throws Error Where the folder may not be written to, or can hold no socket.
 */
export async function tryLock(path) {
  await mkdir(dirname(path), { recursive: true });
  for (;;) {
    const claim = await makeClaim(path);
    try {
      if (await putInPlace(claim, path)) {
        await sweepClaims(path);
        return { held: { release: () => giveBack(claim, path) } };
      }
    } catch (thrown) {
      await dropClaim(claim);
      throw thrown;
    }
    await dropClaim(claim);
    const holder = await findHolder(path);
    if (holder !== null) return { holder };
  }
}

/** A folder of our own beside the lock with our listening socket in it. @param {string} path @returns {Promise<Claim>} */
async function makeClaim(path) {
  const name = `${process.pid}-${randomBytes(6).toString("hex")}`;
  const folder = `${path}.${name}`;
  await mkdir(folder);
  /** @type {Set<import("node:net").Socket>} */
  const waiting = new Set();
  const server = createServer((socket) => {
    waiting.add(socket);
    socket.unref().on("error", () => {});
    socket.resume().on("close", () => waiting.delete(socket));
  });
  server.unref();
  const close = () => {
    server.close();
    for (const socket of waiting) socket.destroy();
  };
  try {
    // Exclusive: in a cluster it would be the parent that listens, and outlives us.
    await withAddress(join(folder, name), (address) => listen(server, address));
  } catch (thrown) {
    await rm(folder, { recursive: true, force: true });
    throw new Error(`No lock can be held in ${dirname(path)} (${codeOf(thrown)}): it must be a folder of this machine that takes sockets`, {
      cause: thrown,
    });
  }
  return { folder, name, close };
}

/** @param {import("node:net").Server} server @param {string} address @returns {Promise<void>} */
function listen(server, address) {
  return new Promise((listening, reject) => {
    server.once("error", reject).listen({ path: address, exclusive: true }, () => {
      // A connection that can't be taken now waits in the kernel.
      server.off("error", reject).on("error", () => {});
      listening();
    });
  });
}

/** Whether the claim is the lock now. @param {Claim} claim @param {string} path */
async function putInPlace(claim, path) {
  try {
    await rename(claim.folder, path);
  } catch (thrown) {
    // Another's; or ours was taken for one that was left behind.
    if (["ENOTEMPTY", "EEXIST", "ENOENT"].includes(codeOf(thrown))) return false;
    if (codeOf(thrown) !== "ENOTDIR") throw thrown;
    // It removes a file and never a folder, so it can't hit a lock that another has just taken.
    await unlink(path).catch(async (error) => {
      const there = await stat(path).catch(() => null);
      if (there !== null && !there.isDirectory()) throw error;
    });
    return false;
  }
  // A process that was stopped for long may find its claim swept: an empty folder holds nothing.
  return await access(join(path, claim.name)).then(
    () => true,
    () => false,
  );
}

/** The living holder, or null. The entries of dead ones are removed, each by its own name. @param {string} path @returns {Promise<Holder | null>} */
async function findHolder(path) {
  const names = await readdir(path).catch((thrown) => {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(thrown))) return [];
    throw thrown;
  });
  for (const name of names) {
    const entry = join(path, name);
    const reached = await reach(entry);
    if (reached === null) {
      await rm(entry, { force: true });
      continue;
    }
    if (reached !== "busy") reached.destroy();
    return { pid: NAME.test(name) ? Number.parseInt(name, 10) : null, gone: () => untilGone(entry) };
  }
  return null;
}

/** A connection to who listens at `path`, or null when nobody does. @param {string} path @returns {Promise<Socket | "busy" | null>} */
async function reach(path) {
  const socket = new Socket();
  try {
    await withAddress(path, async (address) => await once(socket.connect(address), "connect"));
  } catch (thrown) {
    socket.destroy();
    if (["ECONNREFUSED", "ENOENT"].includes(codeOf(thrown))) return null;
    // The holder ended at that moment: the next connection is refused.
    if (codeOf(thrown) === "ECONNRESET") return await reach(path);
    if (codeOf(thrown) === "EAGAIN") return "busy";
    throw thrown;
  }
  return socket.on("error", () => {}).resume();
}

/** Resolves once nobody listens at `path`: the kernel closes the connection, whatever ends the holder. @param {string} path @returns {Promise<void>} */
async function untilGone(path) {
  const reached = await reach(path);
  if (reached === "busy") await sleep(BUSY_HOLDER_MS);
  else if (reached !== null) await new Promise((resolveGone) => reached.once("close", resolveGone));
}

/**
 * Calls `use` with a path to `path` that is short enough for a socket's address.
 * @template T @param {string} path @param {(address: string) => Promise<T>} use @returns {Promise<T>}
 */
async function withAddress(path, use) {
  if (Buffer.byteLength(path) <= LONGEST_ADDRESS) return await use(path);
  const short = mkdtempSync(join(tmpdir(), "lock-"));
  try {
    symlinkSync(resolve(dirname(path)), join(short, "d"));
    return await use(join(short, "d", basename(path)));
  } finally {
    rmSync(short, { recursive: true, force: true });
  }
}

/** Removes the claims that killed processes left beside the lock. @param {string} path */
async function sweepClaims(path) {
  const before = Date.now() - CLAIM_LEFT_MS;
  for (const entry of await readdir(dirname(path)).catch(() => [])) {
    const claim = entry.startsWith(`${basename(path)}.`) && NAME.test(entry.slice(basename(path).length + 1));
    if (!claim) continue;
    const folder = join(dirname(path), entry);
    const made = await stat(folder).catch(() => null);
    if (made !== null && made.mtimeMs < before) await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

/** @param {Claim} claim */
async function dropClaim({ folder, close }) {
  close();
  await rm(folder, { recursive: true, force: true });
}

/** @param {Claim} claim @param {string} path */
function giveBack({ name, close }, path) {
  rmSync(join(path, name), { force: true });
  try {
    rmdirSync(path);
  } catch {
    // Another has it already.
  }
  close();
}

/** @param {unknown} thrown @returns {string} */
function codeOf(thrown) {
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
}
