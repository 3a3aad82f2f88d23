/** Many processes that want one lock, some of which are killed inside: a fixture of the lock's tests. The kernel is the witness that never two are in. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/**
 * Starts `processes` at once, each of which takes the lock `times` times; a `killed` share of the stays ends by SIGKILL.
 * @param {{ path: string, processes: number, times: number, killed: number }} options
 * @returns {Promise<{ stays: number, kills: number, troubles: string[] }>} `troubles`: two were in, or something was thrown.
 */
export async function hammer({ path, processes, times, killed }) {
  const witness = createServer().listen(0, "127.0.0.1");
  await once(witness, "listening");
  const port = /** @type {import("node:net").AddressInfo} */ (witness.address()).port;
  witness.close();
  await once(witness, "close");
  const args = [fileURLToPath(import.meta.url), path, String(times), String(killed), String(port)];
  const ended = await Promise.all(
    Array.from({ length: processes }, async () => {
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
      const [out, error, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
      const trouble = code === 0 || signal === "SIGKILL" ? [] : [`${error}(${signal ?? code})`];
      return { stays: out.length, kills: signal === "SIGKILL" ? 1 : 0, troubles: trouble };
    }),
  );
  return {
    stays: ended.reduce((sum, { stays }) => sum + stays, 0),
    kills: ended.reduce((sum, { kills }) => sum + kills, 0),
    troubles: ended.flatMap(({ troubles }) => troubles),
  };
}

/** One of the processes. @param {string[]} args */
async function stayOften([path = "", times = "", killed = "", port = ""]) {
  const { withLock } = await import("./lock-file.mjs");
  for (let turn = 0; turn < Number(times); turn++) {
    await withLock(path, async () => {
      // One port is one process's: a second one inside is refused by the kernel, and a killed one keeps nothing.
      const inside = createServer().listen(Number(port), "127.0.0.1");
      await once(inside, "listening");
      process.stdout.write(".");
      if (Math.random() < Number(killed)) process.kill(process.pid, "SIGKILL");
      inside.close();
      await once(inside, "close");
    });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await stayOften(process.argv.slice(2));
