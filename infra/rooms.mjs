/**
 * The rooms of the house and the directions between them, written here and nowhere else: which workspace may use which, and inside a
 * workspace which folder may enter which. turbo.json, every package.json and every import are held against it (check-imports.mjs).
 */

/**
 * The workspaces by folder. `product`: what its product code may import, `name/entry` for one entry of a workspace alone; `tests`: what its
 * tests may besides. `null`: everything, for those
 * that stand in for an operator.
 * @type {Record<string, { product: string[], tests: string[] } | null>}
 */
export const WORKSPACES = {
  "packages/contracts": { product: [], tests: [] },
  // Others install it: it needs nothing of ours.
  "packages/client": { product: [], tests: [] },
  "packages/testkit": { product: ["contracts"], tests: [] },
  "packages/linkup": { product: ["contracts"], tests: ["sandbox", "testkit"] },
  "packages/queue": { product: ["contracts"], tests: ["testkit"] },
  "packages/archive": { product: ["contracts"], tests: ["testkit"] },
  "packages/webhooks": { product: ["contracts"], tests: ["testkit"] },
  "packages/campaign-files": { product: ["contracts"], tests: ["testkit"] },
  "packages/campaign-streams": { product: ["contracts", "archive", "campaign-files", "queue"], tests: ["testkit"] },
  "apps/sandbox": { product: ["contracts"], tests: ["testkit"] },
  "apps/worker": { product: ["contracts", "archive", "linkup", "queue", "webhooks"], tests: ["sandbox", "testkit"] },
  "apps/api": {
    product: ["contracts", "archive", "campaign-files", "campaign-streams", "linkup/prices", "queue", "webhooks"],
    tests: ["client", "sandbox", "testkit", "worker"],
  },
  "apps/cli": {
    product: ["contracts", "archive", "campaign-files", "campaign-streams", "linkup/prices", "queue", "testkit"],
    tests: ["api", "sandbox", "webhooks", "worker"],
  },
  "apps/demo": null,
  "apps/bench": null,
  "apps/simulation": null,
};

/** The room of one job needs nothing; a call's life is put together from what lies below it, and the engine stands on top. */
const BELOW_LEDGER = ["job", "redis", "accounts", "safety"];
const BELOW_CAMPAIGNS = [...BELOW_LEDGER, "ledger", "views"];
const BELOW_WORK = [...BELOW_CAMPAIGNS, "campaigns", "campaigns/feed"];

/**
 * The folders inside a workspace's `src`, each with those that it may enter. Files that lie in `src` itself stand on top of all rooms, and
 * no room may enter them.
 * @type {Record<string, Record<string, string[]>>}
 */
export const ROOMS = {
  "packages/contracts": {
    outcome: [],
    settings: ["outcome"],
    accounts: ["outcome", "operations"],
    input: ["outcome"],
    people: ["outcome"],
    operations: ["outcome", "input", "people"],
    job: ["outcome", "input", "operations"],
  },
  // The seam and one call over HTTP know nothing of a version of the provider's.
  "packages/linkup": { seam: [], http: ["seam"], v1: ["seam", "http"] },
  "packages/queue": {
    job: [],
    redis: [],
    accounts: ["job", "redis", "safety"],
    safety: ["job", "redis"],
    ledger: BELOW_LEDGER,
    webhooks: [...BELOW_LEDGER, "ledger"],
    archive: [...BELOW_LEDGER, "ledger"],
    audit: ["redis"],
    schedules: [...BELOW_LEDGER, "ledger", "door"],
    views: [...BELOW_LEDGER, "ledger"],
    door: ["job", "redis"],
    campaigns: BELOW_CAMPAIGNS,
    "campaigns/feed": [...BELOW_CAMPAIGNS, "campaigns"],
    work: BELOW_WORK,
    again: [...BELOW_WORK, "door"],
    erasure: [...BELOW_WORK, "again", "schedules"],
    people: [...BELOW_WORK, "door", "again", "erasure"],
    // The words that people are told: it reads all, and nothing but the engine enters it.
    findings: [...BELOW_CAMPAIGNS, "campaigns", "webhooks", "archive", "schedules"],
  },
  // A run of tests and its servers need the same of a machine.
  "packages/testkit": {
    suite: [],
    machine: ["suite"],
    redis: ["suite", "machine"],
    postgres: ["suite", "machine"],
    browser: ["machine"],
  },
  // The calls of a job and all that runs beside them know nothing of one another.
  "apps/worker": {
    process: [],
    told: [],
    job: ["process", "told"],
    beside: ["process", "told"],
  },
  "apps/sandbox": {
    api: [],
    scenario: ["api"],
    book: ["scenario"],
    calls: ["api", "scenario", "book"],
    control: ["scenario", "book", "calls"],
  },
  "apps/api": {
    callers: [],
    http: ["callers", "live"],
    live: [],
    description: [],
    body: ["callers", "http"],
    board: ["callers", "http"],
    "console/frame": ["callers", "http", "live"],
    "console/pages": ["board", "http", "jobs", "console/frame"],
    console: ["callers", "http", "live", "body", "campaigns", "console/frame", "console/pages"],
    jobs: ["callers", "http", "body"],
    campaigns: ["callers", "http", "body"],
    resources: ["callers", "http", "live", "body", "jobs", "campaigns"],
  },
  "apps/cli": {
    terminal: [],
    engine: ["terminal"],
    jobs: ["terminal", "engine"],
    enqueue: ["terminal", "engine"],
    campaign: ["terminal", "engine", "enqueue"],
    doctor: ["terminal", "engine"],
    dev: ["terminal"],
    init: ["terminal"],
    completion: [],
    commands: ["terminal", "engine", "jobs", "enqueue", "campaign", "doctor", "dev", "init", "completion"],
  },
  "apps/bench": {
    measure: [],
    load: ["measure"],
    peers: ["measure", "load"],
    scenarios: ["measure", "load", "peers"],
  },
  "apps/simulation": {
    plan: [],
    machine: [],
    actors: ["plan", "machine"],
    world: ["plan", "machine", "actors"],
    run: ["plan", "machine", "world"],
    mutations: ["run"],
  },
};

/** Libraries with one home: the workspaces whose product code may import them. */
export const HOMES = [
  { library: /^bullmq$/, homes: ["packages/queue", "apps/bench", "apps/demo", "apps/simulation"] },
  { library: /^ioredis$/, homes: ["packages/queue", "packages/testkit", "apps/bench", "apps/simulation"] },
  { library: /^(kysely|pg)$/, homes: ["packages/archive"] },
  { library: /^csv-(parse|stringify)$/, homes: ["packages/campaign-files"] },
  { library: /^jose$/, homes: ["packages/queue"] },
  { library: /^got$/, homes: ["packages/linkup", "packages/webhooks", "apps/bench"] },
  { library: /^(standardwebhooks|ipaddr\.js)$/, homes: ["packages/webhooks"] },
  { library: /^(hono|htmx\.org|uplot|cookie)(\/.*)?$/, homes: ["apps/api"] },
  { library: /^(express|@bull-board\/.*)$/, homes: ["apps/api"] },
  { library: /^testcontainers$/, homes: ["packages/testkit"] },
];

/** Workspaces that stand in for an operator or a test runner: they may read the environment anywhere. */
export const READ_ENVIRONMENT = ["packages/testkit", "apps/demo", "apps/bench"];
