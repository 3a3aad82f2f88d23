/** The image and the compose files name files and workspaces that exist, and development is apart from production. No container is started. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { ROOT } from "./child.mjs";

const dockerfile = readFileSync(join(ROOT, "infra/Dockerfile"), "utf8");
/** @param {string} name */
const readCompose = (name) => parse(readFileSync(join(ROOT, name), "utf8"), { merge: true });
const production = readCompose("docker-compose.yml");
const development = readCompose("docker-compose.dev.yml");
const copies = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) => (match[1] ?? "").split(" "));
const ours = /** @type {const} */ (["worker", "api", "sandbox"]);
/** The programs that can be run in the image: our processes, and the command line beside them. */
const installed = [...ours, "cli"];

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
  for (const name of installed) collect(`apps/${name}`);
  expect(copies.filter((source) => source.endsWith("/src")).sort()).toEqual([...needed].map((folder) => `${folder}/src`).sort());
});

test("the image installs what each of them imports, the command line's too, and takes none of it away again", () => {
  const filters = [...dockerfile.matchAll(/--filter-prod "@linkup-queue\/(\w+)\.\.\."/g)].map(([, name]) => name);
  expect(filters.sort()).toEqual([...installed].sort());
  const removed = /rm -rf (.+)$/m.exec(dockerfile)?.[1]?.split(" ") ?? [];
  expect(removed.filter((folder) => copies.includes(`${folder}/src`))).toEqual([]);
  expect(existsSync(join(ROOT, "apps/cli/src/main.ts"))).toBe(true);
  expect(readFileSync(join(ROOT, "docs/operations-guide.md"), "utf8")).toContain(
    "docker compose exec api node apps/cli/src/main.ts doctor",
  );
});

test("each process of ours starts a file that exists, is told when Redis is healthy, and has a health check", () => {
  for (const name of ours) {
    const service = development.services[name];
    expect(service.command[0]).toBe("node");
    expect(existsSync(join(ROOT, service.command[1])), `${service.command[1]} of ${name}`).toBe(true);
    expect(service.healthcheck.test.length).toBeGreaterThan(1);
    expect(service.read_only).toBe(true);
    if (name !== "sandbox") expect(service.depends_on.redis.condition).toBe("service_healthy");
  }
  expect(dockerfile).toMatch(/^USER node$/m);
});

test("workers note the state in a volume of its own that their user may write to", () => {
  for (const [{ services, volumes }, settings] of /** @type {const} */ ([
    [production, "infra/compose.env"],
    [development, "infra/development.env"],
  ])) {
    const folder = parseEnv(readFileSync(join(ROOT, settings), "utf8"))["LINKUP_STATE_DIR"];
    expect(services.worker.volumes).toEqual([`worker-state:${folder}`]);
    expect(Object.keys(volumes)).toContain("worker-state");
    expect(dockerfile).toContain(`RUN install -d -o node -g node -m 0700 ${folder}\n`);
  }
});

test("health checks are valid JavaScript", async () => {
  for (const name of ours) {
    const [kind, command, flag, script] = development.services[name].healthcheck.test;
    expect([kind, command, flag]).toEqual(["CMD", "node", "-e"]);
    expect(() => new Function(script)).not.toThrow();
  }
});

test("published ports listen on this machine alone", () => {
  for (const { services } of [production, development]) {
    for (const service of Object.values(services)) {
      for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
    }
  }
});

test("a worker has longer to stop than a call may take", () => {
  expect(Number.parseInt(production.services.worker.stop_grace_period, 10)).toBeGreaterThan(65);
});

test("production has no sandbox and no settings but its own: .env must be there, and what stands beside it says where Redis is", () => {
  expect(Object.keys(production.services)).toEqual(["redis", "worker", "api"]);
  for (const name of ["worker", "api"]) expect(production.services[name].env_file).toEqual(["infra/compose.env", ".env"]);
  expect({ ...parseEnv(readFileSync(join(ROOT, "infra/compose.env"), "utf8")) }).toEqual({
    REDIS_URL: "redis://redis:6379",
    LINKUP_STATE_DIR: "/var/lib/linkup",
  });
  const text = readFileSync(join(ROOT, "docker-compose.yml"), "utf8").replace(/^#.*$/gm, "");
  expect(text).not.toMatch(/development|sandbox|LINKUP_|API_TOKENS/);
});

test("development is production but for its settings, the sandbox and its name, and with the name Redis's data is its own", () => {
  const { sandbox, worker, api, ...rest } = development.services;
  /** @param {Record<string, unknown>} service */
  const withoutSettings = ({ env_file: _settings, ...service }) => service;
  expect(development.name).not.toBe(production.name);
  expect(development.volumes).toEqual(production.volumes);
  expect(rest).toEqual({ redis: production.services.redis });
  expect(withoutSettings(api)).toEqual(withoutSettings(production.services.api));
  const { sandbox: _waits, ...waitsFor } = worker.depends_on;
  expect(withoutSettings({ ...worker, depends_on: waitsFor })).toEqual(withoutSettings(production.services.worker));
  for (const service of [worker, api]) expect(service.env_file).toEqual(["infra/development.env"]);
  expect(sandbox.environment).toEqual({ SANDBOX_HOST: "0.0.0.0", SANDBOX_PORT: "4010" });
});

test("development settings give each process what it requires", () => {
  const settings = { ...parseEnv(readFileSync(join(ROOT, "infra/development.env"), "utf8")) };
  expect(Buffer.from(settings["LINKUP_SECRETS_KEY"] ?? "", "base64")).toHaveLength(32);
  expect(settings).toMatchObject({ REDIS_URL: "redis://redis:6379", LINKUP_BASE_URL: "http://sandbox:4010" });
  expect(settings["API_TOKENS"]).toMatch(/^\w+:admin:\S+$/);
  expect(settings["LINKUP_API_KEY"]).toBeTruthy();
});
