/** A script on a cluster whose slot moves to another master: it waits until the move is over, or is refused as a whole; never half of it is done. */
import { acquireCluster, type ClusterServer, testPrefix, testSecretsKey, waitFor } from "@linkup-queue/testkit";
import { expect, onTestFinished, test } from "vitest";
import { CampaignDefinition, connectRedis, createEngine, errorOf, Secrets } from "../src/index.ts";
import { people } from "./campaign-rig.ts";
import { CONFIG } from "./rig.ts";
import { TEST_PRICES } from "./test-prices.ts";

const NO_CLUSTER = "a cluster needs a Redis on this machine, not in containers";
const ACCOUNTS = ["ada", "bob"];
const RECIPIENTS = people(40);

/** An engine on two masters, with a campaign that has no recipients yet; null where no cluster can be had. */
async function startOnTwo() {
  const cluster = await acquireCluster({ masters: 2, durable: false });
  if (cluster === null) return null;
  const client = await connectRedis({
    kind: "cluster",
    nodes: cluster.nodes,
    access: { username: null, password: null, tls: false, db: 0 },
  });
  const secrets = new Secrets(Buffer.from(testSecretsKey(), "base64"));
  const engine = createEngine({ client, config: { ...CONFIG, keyId: testPrefix() }, secrets, prices: TEST_PRICES });
  onTestFinished(async () => {
    await engine.close();
    client.disconnect();
    await cluster.stop();
  });
  await engine.keys.start({ worker: "w", apiKey: "an-api-key", secrets, fresh: true });
  await engine.campaigns.create(
    "c",
    CampaignDefinition.parse({ name: "c", operation: "profile.scrape", accountIds: ACCOUNTS, input: { linkedin_url: "{{linkedin_url}}" } }),
  );
  const { tag } = engine.scripts;
  const from = await cluster.masterOf(tag);
  const to = cluster.servers.find((server) => server !== from);
  if (to === undefined) throw new Error("no other master");
  return { cluster, engine, tag, from, to };
}

type Refused = { scripts: number; broken: number };

/** How many scripts a server refused before they began, and how many broke off. */
async function refusedBy({ client }: ClusterServer): Promise<Refused> {
  const told = await client.info("commandstats");
  const count = (name: string) => Number(new RegExp(`^cmdstat_fcall:.*\\b${name}=(\\d+)`, "m").exec(told)?.[1] ?? 0);
  return { scripts: count("rejected_calls"), broken: count("failed_calls") };
}

test("a write of many keys begins on neither server while the slot moves, and is whole afterwards", async ({ skip, task }) => {
  const started = await startOnTwo();
  if (started === null) {
    task.meta.whySkipped = NO_CLUSTER;
    return skip(NO_CLUSTER);
  }
  const { cluster, engine, tag, from, to } = started;
  const before = await Promise.all([from, to].map(refusedBy));
  const accept = () => engine.campaigns.accept("c", { accountIds: ACCOUNTS, recipients: RECIPIENTS });
  let accepting: ReturnType<typeof accept> | null = null;
  await cluster.moveSlotOf(tag, {
    to,
    between: async () => {
      // The key's state and the campaign are here yet, the lists of its recipients nowhere.
      accepting ??= accept();
      const known = await refusedBy(from);
      await waitFor(() => refusedBy(from), { what: "a script that is refused", until: ({ scripts }) => scripts > known.scripts });
    },
  });
  await expect(accepting).resolves.toMatchObject({ accepted: RECIPIENTS.length });
  expect((await engine.campaigns.read("c"))?.recipients.accepted).toBe(RECIPIENTS.length);
  const after = await Promise.all([from, to].map(refusedBy));
  expect(after.map(({ broken }) => broken)).toEqual(before.map(({ broken }) => broken));
});

test("a move that outlasts a client's patience is trouble of Redis, to be asked again, and no defect", async ({ skip, task }) => {
  const started = await startOnTwo();
  if (started === null) {
    task.meta.whySkipped = NO_CLUSTER;
    return skip(NO_CLUSTER);
  }
  const { cluster, engine, tag, to } = started;
  const errors: unknown[] = [];
  await cluster.moveSlotOf(tag, {
    to,
    between: async () => {
      if (errors.length > 0) return;
      errors.push(await engine.keys.read().then(() => "read", errorOf));
      errors.push(await engine.campaigns.accept("c", { accountIds: ACCOUNTS, recipients: RECIPIENTS }).then(() => "accepted", errorOf));
    },
  });
  expect(errors).toEqual([
    expect.objectContaining({ code: "redis_unreachable" }),
    expect.objectContaining({ code: "redis_unreachable", message: expect.stringContaining("moving these keys to another server") }),
  ]);
  await engine.campaigns.accept("c", { accountIds: ACCOUNTS, recipients: RECIPIENTS });
  expect((await engine.campaigns.read("c"))?.recipients.accepted).toBe(RECIPIENTS.length);
});
