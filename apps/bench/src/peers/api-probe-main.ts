/**
 * Asks for one address every 50 ms, whether or not the last request was answered, and writes what each took as a JSON line. A process of
 * its own: what the client of the load does to its own event loop must not be told of the api.
 */
import { Agent, request } from "node:http";

const EVERY_MS = 50;
const WARM_UP = 5;
const url = process.env["PROBE_URL"] ?? "";
const headers = { authorization: process.env["PROBE_AUTHORIZATION"] ?? "" };
const agent = new Agent({ keepAlive: true });
const write = (line: Readonly<Record<string, unknown>>): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

function ask(): Promise<number> {
  return new Promise((resolve, reject) => {
    const fromMs = performance.now();
    request(url, { agent, headers }, (response) => {
      response.on("error", reject).on("end", () => {
        if (response.statusCode === 200) resolve(performance.now() - fromMs);
        else reject(new Error(`answered ${response.statusCode}`));
      });
      response.resume();
    })
      .on("error", reject)
      .end();
  });
}

for (let asked = 0; asked < WARM_UP; asked++) await ask();
write({ msg: "ready" });
const timer = setInterval(() => {
  ask().then(
    (tookMs) => write({ tookMs }),
    (thrown: unknown) => write({ problem: String(thrown) }),
  );
}, EVERY_MS);
process.once("SIGTERM", () => {
  clearInterval(timer);
  agent.destroy();
  process.exit(0);
});
