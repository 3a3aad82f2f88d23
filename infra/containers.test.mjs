/** The image and the compose file name files and workspaces that exist. No container is started. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { ROOT } from "./child.mjs";

const dockerfile = readFileSync(join(ROOT, "infra/Dockerfile"), "utf8");
const compose = parse(readFileSync(join(ROOT, "docker-compose.yml"), "utf8"), { merge: true });
const copies = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) => (match[1] ?? "").split(" "));
const ours = /** @type {const} */ (["worker", "api", "sandbox"]);

test("everything that the image copies exists", () => {
  expect(copies.length).toBeGreaterThan(10);
  expect(copies.filter((source) => !existsSync(join(ROOT, source)))).toEqual([]);
});

test("the image installs from every workspace's manifest, as the lockfile asks for", () => {
  const manifests = globSync("{apps,packages}/*/package.json", { cwd: ROOT }).sort();
  expect(copies.filter((source) => /\/package\.json$/.test(source)).sort()).toEqual(manifests);
});

test("the image holds the sources of every workspace that a process imports", () => {
  const needed = new Set(/** @type {string[]} */ ([]));
  const collect = (/** @type {string} */ folder) => {
    if (needed.has(folder)) return;
    needed.add(folder);
    const manifest = JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8"));
    for (const name of Object.keys(manifest.dependencies ?? {}).filter((name) => name.startsWith("@linkup-queue/"))) {
      const short = name.slice("@linkup-queue/".length);
      collect(existsSync(join(ROOT, "packages", short)) ? `packages/${short}` : `apps/${short}`);
    }
  };
  for (const name of ours) collect(`apps/${name}`);
  expect(copies.filter((source) => source.endsWith("/src")).sort()).toEqual([...needed].map((folder) => `${folder}/src`).sort());
});

test("each process of ours starts a file that exists, is told when Redis is healthy, and has a health check", () => {
  for (const name of ours) {
    const service = compose.services[name];
    expect(service.command[0]).toBe("node");
    expect(existsSync(join(ROOT, service.command[1])), `${service.command[1]} of ${name}`).toBe(true);
    expect(service.healthcheck.test.length).toBeGreaterThan(1);
    expect(service.read_only).toBe(true);
    if (name !== "sandbox") expect(service.depends_on.redis.condition).toBe("service_healthy");
  }
  expect(dockerfile).toMatch(/^USER node$/m);
});

test("health checks are valid JavaScript", async () => {
  for (const name of ours) {
    const [kind, command, flag, script] = compose.services[name].healthcheck.test;
    expect([kind, command, flag]).toEqual(["CMD", "node", "-e"]);
    expect(() => new Function(script)).not.toThrow();
  }
});

test("published ports listen on this machine alone", () => {
  for (const service of Object.values(compose.services)) {
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
  }
});

test("a worker has longer to stop than a call may take", () => {
  expect(Number.parseInt(compose.services.worker.stop_grace_period, 10)).toBeGreaterThan(65);
});

test("development settings give each process what it requires", () => {
  const text = readFileSync(join(ROOT, "infra/development.env"), "utf8");
  const settings = Object.fromEntries([...text.matchAll(/^([A-Z_]+)=(.*)$/gm)].map((match) => [match[1], match[2]]));
  expect(Buffer.from(settings["LINKUP_SECRETS_KEY"] ?? "", "base64")).toHaveLength(32);
  expect(settings).toMatchObject({ REDIS_URL: "redis://redis:6379", LINKUP_BASE_URL: "http://sandbox:4010" });
  expect(settings["API_TOKENS"]).toMatch(/^\w+:admin:\S+$/);
  expect(settings["LINKUP_API_KEY"]).toBeTruthy();
});
