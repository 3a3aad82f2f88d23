/** People who are not to be contacted, through the real scripts: what stops at the gate and at the mark, what ends at once, and what the list keeps. */
import { personKey } from "@linkup-queue/contracts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createEngine, Secrets } from "../src/index.ts";
import { type JobOptions, type Rig, type RigJob, startRig } from "./rig.ts";

let rig: Rig;
const HOUR_MS = 3_600_000;
const ADA = "https://www.linkedin.com/in/ada-lovelace";
const BOB = "https://www.linkedin.com/in/bob";

beforeAll(async () => {
  rig = await startRig({ accountConcurrency: 5 });
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  await rig.account("acc-1");
  await rig.account("acc-2");
});

const list = () => rig.engine.people.suppressions;
const row = (address: string, more: { scope?: string; reason?: string; until?: string | null } = {}) => ({
  people: [personKey(address)],
  scope: "all",
  reason: "",
  until: null,
  ...more,
});
const suppress = async (address: string, more: Parameters<typeof row>[1] = {}) => await list().put([row(address, more)]);
const message = async (to: string, account = "acc-1", more: JobOptions = {}) =>
  await rig.job(account, { operation: "message.send", to, ...more });
const asked = async (job: RigJob) => {
  const answer = await rig.ask(job);
  return answer.kind === "refused" ? answer.code : answer.kind;
};

test("nobody who is suppressed is reached, by whichever account, and everybody else is", async () => {
  expect(await asked(await message(ADA))).toBe("granted");
  expect(await suppress(ADA, { reason: "objected" })).toEqual({ added: 1, changed: 0, same: 0 });
  expect(await asked(await message(ADA))).toBe("suppressed");
  expect(await asked(await message(ADA, "acc-2"))).toBe("suppressed");
  expect(await asked(await rig.job("acc-1", { operation: "invitation.send", queue: "network", to: ADA }))).toBe("suppressed");
  expect(await asked(await message(BOB))).toBe("granted");
});

test("reads about the person, and an invitation that is taken back, go on", async () => {
  await suppress(ADA);
  for (const operation of ["profile.scrape", "invitation.status", "message.conversation", "invitation.withdraw"])
    expect([operation, await asked(await rig.job("acc-1", { operation, to: ADA }))]).toEqual([operation, "granted"]);
});

test("a scope binds its account or its campaign alone", async () => {
  await suppress(ADA, { scope: "account:acc-1" });
  await suppress(BOB, { scope: "campaign:spring" });
  expect(await asked(await message(ADA))).toBe("suppressed");
  expect(await asked(await message(ADA, "acc-2"))).toBe("granted");
  expect(await asked(await message(BOB))).toBe("granted");
  expect(await asked(await message(BOB, "acc-1", { campaignId: "spring" }))).toBe("suppressed");
  expect(await asked(await message(BOB, "acc-1", { campaignId: "spring-2" }))).toBe("granted");
});

test("an end that has passed holds no more", async () => {
  await suppress(ADA, { until: new Date(rig.nowMs + HOUR_MS).toISOString() });
  expect(await asked(await message(ADA))).toBe("suppressed");
  await rig.advance(HOUR_MS - 1);
  expect(await asked(await message(ADA))).toBe("suppressed");
  await rig.advance(1);
  expect(await asked(await message(ADA))).toBe("granted");
  expect(await list().of({ key: personKey(ADA) })).toEqual([]);
});

test("an entry that lands between the grant and the mark stops the call, also the first of all; others' marks pass", async () => {
  const [first, other] = [await message(ADA), await message(BOB)];
  const calls = [rig.newCall(), rig.newCall()] as const;
  expect((await rig.ask(first, calls[0])).kind).toBe("granted");
  await suppress(ADA);
  // It was granted before anybody was suppressed, and so does not say whom it is about: it asks again.
  expect(await rig.gate.markLeft(first.ref, calls[0])).toBe(false);
  await rig.settle(first, { callId: calls[0], epoch: 1 }, "not_left");
  expect(await asked(first)).toBe("suppressed");

  expect((await rig.ask(other, calls[1])).kind).toBe("granted");
  await suppress(ADA, { reason: "again" });
  expect(await rig.gate.markLeft(other.ref, calls[1])).toBe(true);
  const third = await message(BOB);
  const call = rig.newCall();
  expect((await rig.ask(third, call)).kind).toBe("granted");
  await suppress(BOB);
  expect(await rig.gate.markLeft(third.ref, call)).toBe(false);
});

test("an entry for a campaign's name stops a job of that name at the mark, also where there is no such campaign", async () => {
  await suppress(BOB);
  const job = await message(ADA, "acc-1", { campaignId: "a-name" });
  const callId = rig.newCall();
  expect((await rig.ask(job, callId)).kind).toBe("granted");
  await suppress(ADA, { scope: "campaign:a-name" });
  expect(await rig.gate.markLeft(job.ref, callId)).toBe(false);
});

test("every spelling of an address is one person", async () => {
  await suppress(ADA);
  for (const spelling of [
    "linkedin.com/in/ada-lovelace/",
    "http://de.linkedin.com/in/Ada-Lovelace?trk=x#top",
    "https://www.linkedin.com/in/%61da-lovelace/details",
    "https://www.linkedin.com/mwlite/in/ada-lovelace",
  ])
    expect([spelling, await asked(await message(spelling))]).toEqual([spelling, "suppressed"]);
  await suppress("urn:li:fsd_profile:ACoAABcdEFGH1234567");
  expect(await asked(await message("https://www.linkedin.com/in/ACoAABcdEFGH1234567"))).toBe("suppressed");
});

test("jobs that wait end at once, wherever they wait; a call that is out is told as out", async () => {
  await rig.account("acc-1", 1);
  const out = await message(ADA);
  const sent = await rig.send(out);
  const parked = await message(ADA);
  expect(await rig.park(parked)).toBe("parked");
  const waiting = await message(ADA, "acc-2");
  const others = await message(BOB, "acc-2");
  await suppress(ADA);
  expect(await rig.engine.people.stoppedJobs.end("suppressed", [personKey(ADA)])).toEqual({ ended: 2, inFlight: 1 });
  expect(await rig.results()).toEqual(
    new Map([
      [parked.ref.id, "cancelled"],
      [waiting.ref.id, "cancelled"],
    ]),
  );
  expect((await rig.engine.jobs.views.find(parked.ref.id, "messages"))[0]?.view.outcome).toMatchObject({
    status: "cancelled",
    code: "suppressed",
  });
  expect(await asked(others)).toBe("granted");
  expect((await rig.settle(out, sent, "ok")).kind).toBe("ended");
  expect(await rig.engine.people.stoppedJobs.end("suppressed")).toEqual({ ended: 0, inFlight: 0 });
});

test("an entry is changed, is the same, and is taken off by scope or as a whole", async () => {
  await suppress(ADA, { reason: "objected" });
  const since = new Date(rig.nowMs).toISOString();
  await rig.advance(1_000);
  expect(await suppress(ADA, { reason: "objected" })).toEqual({ added: 0, changed: 0, same: 1 });
  expect(await suppress(ADA, { reason: "customer" })).toEqual({ added: 0, changed: 1, same: 0 });
  await suppress(ADA, { scope: "account:acc-2" });
  const [person = ""] = (await list().of({ key: personKey(ADA) })).map((one) => one.person);
  expect(await list().of({ digest: person })).toMatchObject([
    { scope: "all", reason: "customer", until: null, since },
    { scope: "account:acc-2", reason: "" },
  ]);
  expect(await list().remove({ key: personKey(ADA) }, "all")).toBe(1);
  expect([await asked(await message(ADA)), await asked(await message(ADA, "acc-2"))]).toEqual(["granted", "suppressed"]);
  expect(await list().remove({ digest: person })).toBe(1);
  expect(await asked(await message(ADA, "acc-2"))).toBe("granted");
  expect(await list().remove({ key: personKey(ADA) })).toBe(0);
});

test("the list is read page by page, each person once, and goes into an empty Redis with its digests", async () => {
  const people = Array.from({ length: 300 }, (_, number) => `https://www.linkedin.com/in/person-${number}`);
  await list().put(people.map((address) => row(address, { reason: "list 1" })));
  const found = [];
  for (let after: string | undefined; ; ) {
    const { items, next } = await list().list({ after, limit: 70 });
    found.push(...items);
    if (next === null) break;
    after = next;
  }
  expect(new Set(found.map(({ person }) => person)).size).toBe(300);
  expect(found).toHaveLength(300);
  const sealed = (await list().sealedSecret()) ?? "";
  await rig.reset();
  await rig.open();
  await rig.account("acc-1");
  // This process still has the former secret in mind.
  const lines = found.map(({ person, scope, reason, since }) => ({ person, scope, reason, since, until: null }));
  expect(await list().put(lines, sealed)).toEqual({ added: 300, changed: 0, same: 0 });
  expect(await asked(await message(people[7] ?? ""))).toBe("suppressed");
  expect(await asked(await message(BOB))).toBe("granted");
  // A list of another secret is refused whole.
  await rig.reset();
  await rig.open();
  await suppress(ADA);
  await expect(list().put(lines, sealed)).rejects.toMatchObject({ code: "conflict" });
});

test("a process that remembers the secret of a Redis that was lost reads the new one", async () => {
  await rig.account("acc-1");
  await suppress(BOB);
  expect(await asked(await message(BOB))).toBe("suppressed");
  const other = rig.withConfig({});
  await rig.client.hdel(rig.key("key"), "people", "peopleSecret");
  await other.people.suppressions.put([row(ADA)]);
  expect(await asked(await message(ADA))).toBe("suppressed");
  await other.close();
});

test("the secret is sealed anew with a new secrets key, and the people stay who they are", async () => {
  await suppress(ADA);
  const was = await list().sealedSecret();
  const old = Buffer.from(rig.secretsKey, "base64");
  const secrets = new Secrets(Buffer.alloc(32, 7), old);
  const { config, prices } = rig.engine;
  const turned = createEngine({ client: rig.client, config, prices, secrets });
  expect(await turned.resealSecrets()).toMatchObject({ left: 0 });
  expect(await turned.people.suppressions.sealedSecret()).not.toBe(was);
  expect(await turned.people.suppressions.of({ key: personKey(ADA) })).toHaveLength(1);
  await turned.close();
});

test("erasure leaves the entry, which names nobody", async () => {
  await suppress(ADA, { reason: "objected" });
  await rig.engine.forgetPerson(personKey(ADA));
  expect(await asked(await message(ADA))).toBe("suppressed");
  const kept = await rig.client.hgetall(rig.key("key"));
  expect(JSON.stringify([kept, await list().list({ limit: 10 })])).not.toMatch(/ada-lovelace/);
});
