/** A campaign that is started with its first recipients, as people do with a new list, and one whose text is probably not meant as it stands. */
import { LinkupError } from "@linkup-queue/contracts";
import { START_MS } from "@linkup-queue/testkit";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { dealShares } from "../src/campaigns/campaign-shares.ts";
import { drawPlaces, drawRecipients, LOOKED_AT_FOR_SAMPLES, samplesOf } from "../src/campaigns/draw-samples.ts";
import type { Campaign, Recipient, Sample, Unsent, UnsentPlace } from "../src/index.ts";
import { type CampaignRig, campaignsEachTest, people, person } from "./campaign-rig.ts";
import type { Rig } from "./rig.ts";

const ACCOUNTS = ["ada", "bob", "cyd"];
let rig: Rig;
let system: CampaignRig;

campaignsEachTest(
  (itsRig, itsSystem) => {
    rig = itsRig;
    system = itsSystem;
  },
  { accounts: ACCOUNTS },
);

const idsOf = (some: readonly { id: string }[]): string[] => some.map(({ id }) => id);

/** Feeds and calls until nothing moves; the recipients that were called. */
async function run(id: string): Promise<string[]> {
  const called: string[] = [];
  for (;;) {
    await system.feed();
    const jobs = await system.waiting(id);
    if (jobs.length === 0) return called;
    called.push(...jobs.map(({ meta }) => meta.recipientId ?? ""));
    await system.callAll(id);
  }
}

describe("the first recipients", () => {
  test.each([1, 2, 7, 29])("are %i and no more; then it is paused, and resumed it sends to the others, each once", async (first) => {
    await system.draft("c", ACCOUNTS, 30);
    await system.campaigns.change("c", "start", { first });
    const some = await run("c");
    expect(some.toSorted()).toEqual(idsOf(people(first, "c")).toSorted());
    expect(await system.read("c")).toMatchObject({
      state: "paused",
      why: "first_done",
      first,
      firstLeft: 0,
      recipients: { accepted: 30, ended: first, unsent: 30 - first },
    });
    expect(await run("c")).toEqual([]);
    await system.campaigns.change("c", "resume");
    const others = await run("c");
    expect(new Set([...some, ...others]).size).toBe(30);
    expect(await system.read("c")).toMatchObject({ state: "ended", why: "all_done", first: null });
    expect(system.told.map(({ event, why }) => [event, why])).toEqual([
      ["draft", ""],
      ["running", ""],
      ["paused", "first_done"],
      ["running", ""],
      ["ended", "all_done"],
    ]);
  });

  test("stay out of the line while the last of them are out, and a pause by hand between does not end it", async () => {
    await system.draft("c", ACCOUNTS, 30);
    await system.campaigns.change("c", "start", { first: 6 });
    expect(await system.feed()).toBe(6);
    expect(await system.read("c")).toMatchObject({ state: "running", stalled: false });
    await system.campaigns.change("c", "pause");
    await system.campaigns.change("c", "resume");
    expect(await system.feed()).toBe(0);
    await system.callAll("c");
    await system.feed();
    expect(await system.read("c")).toMatchObject({ state: "paused", why: "first_done", recipients: { ended: 6 } });
  });

  test("of more than there are come from the lists that are imported later", async () => {
    await system.draft("c", ACCOUNTS, 4);
    await system.campaigns.change("c", "start", { first: 10 });
    expect(await run("c")).toHaveLength(4);
    expect(await system.read("c")).toMatchObject({ state: "ended" });
    await system.campaigns.accept("c", { accountIds: ACCOUNTS, recipients: people(20, "later") });
    expect(await run("c")).toHaveLength(6);
    expect(await system.read("c")).toMatchObject({ state: "paused", why: "first_done", recipients: { accepted: 24, unsent: 14 } });
  });

  test("are counted from the first of the list each time; asked again for as many it changes nothing, for fewer it is refused", async () => {
    await system.draft("c", ACCOUNTS, 30);
    const { campaigns } = system;
    await campaigns.change("c", "start", { first: 5 });
    await campaigns.change("c", "start", { first: 5 });
    await expect(campaigns.change("c", "start", { first: 6 })).rejects.toMatchObject({ code: "conflict" });
    expect(await run("c")).toHaveLength(5);
    await expect(campaigns.change("c", "start", { first: 5 })).rejects.toMatchObject({ code: "conflict" });
    expect(await campaigns.change("c", "resume", { first: 5 })).toMatchObject({ state: "paused", why: "first_done" });
    await expect(campaigns.change("c", "resume", { first: 4 })).rejects.toMatchObject({ code: "conflict" });
    await campaigns.change("c", "resume", { first: 12 });
    expect(await campaigns.change("c", "resume", { first: 12 })).toMatchObject({ state: "running", first: 12, firstLeft: 7 });
    expect((await run("c")).toSorted()).toEqual(idsOf(people(12, "c").slice(5)).toSorted());
    await campaigns.change("c", "resume");
    expect(await run("c")).toHaveLength(18);
  });

  test("can't be asked for once it was started with all", async () => {
    await system.start("c", ACCOUNTS, 30);
    await expect(system.campaigns.change("c", "start", { first: 5 })).rejects.toMatchObject({ code: "conflict" });
    await system.campaigns.change("c", "pause");
    await expect(system.campaigns.change("c", "resume", { first: 5 })).rejects.toMatchObject({ code: "conflict" });
  });

  test("of an account that is away are another's with handover", async () => {
    await system.draft("c", ACCOUNTS, { count: 30, handover: true });
    await rig.engine.accounts.pause("bob");
    await system.campaigns.change("c", "start", { first: 9 });
    expect(await run("c")).toHaveLength(9);
    expect(await system.read("c")).toMatchObject({ state: "paused", why: "first_done", byAccount: { ada: {}, cyd: {} } });
  });

  test("wait for the campaign's moment with it", async () => {
    await system.draft("c", ACCOUNTS, { count: 30, startAt: new Date(START_MS + 86_400_000).toISOString() });
    await system.campaigns.change("c", "start", { first: 3 });
    expect(await run("c")).toEqual([]);
    await rig.advance(86_400_000);
    expect(await run("c")).toHaveLength(3);
  });
});

const text = (name: string) => `Hello ${name}`;
const message = (message_text: string) => ({
  operation: "message.send" as const,
  input: { linkedin_url: "{{linkedin_url}}", message_text },
});

describe("a text that is probably not meant as it stands", () => {
  const refusal = async (id: string) =>
    await system.campaigns.change(id, "start").then(
      () => null,
      (thrown: unknown) => LinkupError.from(thrown),
    );

  test("is refused at the start, and nothing is changed; allowed it starts", async () => {
    await system.draft("c", ACCOUNTS, { count: 3, ...message(text("{first_name}")) });
    expect(await refusal("c")).toMatchObject({ code: "doubtful_text", issues: [{ path: "input.message_text" }] });
    expect(await system.read("c")).toMatchObject({ state: "draft" });
    await system.campaigns.change("c", "start", { allowDoubtfulText: true });
    expect(await system.read("c")).toMatchObject({ state: "running" });
  });

  test("is also one whose default was filled for nobody; one recipient with a value is enough, by any spelling of its name", async () => {
    await system.draft("c", ACCOUNTS, { count: 50, ...message(text("{{first_name|there}} of {{linkedin_url|x}}")) });
    expect(await refusal("c")).toMatchObject({ code: "doubtful_text", issues: [{ path: "first_name" }] });
    const named: Recipient = { id: "named", fields: { ...person("named").fields, Firstname: "Ann" } };
    await system.campaigns.accept("c", { accountIds: ACCOUNTS, recipients: [named] });
    expect(await refusal("c")).toBeNull();
  });

  test("is found without a look at the recipients, and by a look in a list that came before its columns were noted", async () => {
    const { scripts } = system.rig.engine;
    await system.draft("c", ACCOUNTS, { count: 50, ...message(text("{{first_name|there}}")) });
    const reads = vi.spyOn(scripts.client, "lrangeBuffer");
    onTestFinished(() => reads.mockRestore());
    expect(await refusal("c")).toMatchObject({ code: "doubtful_text", issues: [{ path: "first_name" }] });
    expect(reads).not.toHaveBeenCalled();
    await scripts.client.hdel(scripts.keys.campaign("c"), "noted");
    expect(await refusal("c")).toMatchObject({ code: "doubtful_text", issues: [{ path: "first_name" }] });
    expect(reads).toHaveBeenCalled();
    const named: Recipient = { id: "named", fields: { ...person("named").fields, "FIRST NAME": "Ann" } };
    await system.campaigns.accept("c", { accountIds: ACCOUNTS, recipients: [named] });
    expect(await refusal("c")).toBeNull();
  });

  test("a list of more columns than are noted is looked through", async () => {
    await system.draft("c", ACCOUNTS, { count: 0, ...message(text("{{first_name|there}}")) });
    const wide = (n: number) => Object.fromEntries(Array.from({ length: 90 }, (_none, at) => [`column_${n}_${at}`, "x"]));
    const recipients = people(8, "wide").map(({ id, fields }, n) => ({ id, fields: { ...fields, ...wide(n) } }));
    for (const recipient of recipients) await system.campaigns.accept("c", { accountIds: ACCOUNTS, recipients: [recipient] });
    expect(await refusal("c")).toMatchObject({ code: "doubtful_text", issues: [{ path: "first_name" }] });
    const named: Recipient = { id: "named", fields: { ...person("named").fields, first_name: "Ann" } };
    await system.campaigns.accept("c", { accountIds: ACCOUNTS, recipients: [named] });
    expect(await refusal("c")).toBeNull();
  });

  test("is refused when an edit brings it into a paused campaign, unless allowed; what the text held before is not asked again", async () => {
    await system.draft("c", ACCOUNTS, { count: 5, ...message(text("[Name], {{linkedin_url|x}}")) });
    await system.campaigns.change("c", "start", { allowDoubtfulText: true });
    await system.campaigns.change("c", "pause");
    const { definition } = await system.read("c");
    const edit = (name: string, options?: { allowDoubtfulText: boolean }) =>
      system.campaigns
        .amend("c", () => ({ ...definition, ...message(text(name)) }), options)
        .then(
          ({ revision }) => revision,
          (thrown: unknown) => LinkupError.from(thrown),
        );
    expect(await edit("[Name], good day, {{linkedin_url|x}}")).toBe(2);
    expect(await edit("{{first_name|there}}")).toMatchObject({ code: "doubtful_text", issues: [{ path: "first_name" }] });
    expect(await edit("%NAME%")).toMatchObject({ code: "doubtful_text", issues: [{ path: "input.message_text" }] });
    expect(await system.read("c")).toMatchObject({ state: "paused", revision: 2 });
    expect(await edit("{{first_name|there}}", { allowDoubtfulText: true })).toBe(3);
  });

  test("a campaign without recipients has no field that nobody fills", async () => {
    await system.draft("c", ACCOUNTS, { count: 0, ...message(text("{{first_name|there}}")) });
    expect(await refusal("c")).toBeNull();
  });

  test("that came by an edit between the look and the start is looked at again", async () => {
    await system.draft("c", ACCOUNTS, { count: 2, ...message("Hello") });
    const { definition } = await system.read("c");
    const { campaigns } = system;
    const look = campaigns.doubts.bind(campaigns);
    let looks = 0;
    campaigns.doubts = async (campaign) => {
      const found = await look(campaign);
      looks += 1;
      if (looks === 1) await campaigns.edit("c", { ...definition, ...message("Hello [Name]") });
      return found;
    };
    expect(await refusal("c")).toMatchObject({ code: "doubtful_text" });
    expect(looks).toBe(2);
  });
});

describe("recipients that were not sent to", () => {
  async function all(id: string, limit: number): Promise<Unsent[]> {
    const found: Unsent[] = [];
    const campaign = await system.read(id);
    for (let after: UnsentPlace | undefined; ; ) {
      const { items, next } = await system.campaigns.unsent(campaign, { after, limit });
      expect(items.length).toBeLessThanOrEqual(limit);
      found.push(...items);
      if (next === null) return found;
      after = next;
    }
  }

  test.each(["cancelled", "expired"] as const)(
    "are listed with their fields, also once the campaign is %s, as long as its results are kept",
    async (end) => {
      const expiresAt = new Date(START_MS + 3_600_000).toISOString();
      await system.draft("c", ACCOUNTS, { count: 250, ...(end === "expired" ? { expiresAt } : {}) });
      await system.campaigns.accept("c", { accountIds: ACCOUNTS, recipients: people(250, "more") });
      await system.campaigns.change("c", "start", { first: 7 });
      const sent = new Set(await run("c"));
      const expected = [...people(250, "c"), ...people(250, "more")].filter(({ id }) => !sent.has(id));
      const ids = (some: readonly { id: string }[]) => idsOf(some).toSorted();
      for (const limit of [1_000, 100, 7]) expect(ids(await all("c", limit))).toEqual(ids(expected));

      await system.campaigns.change("c", end === "cancelled" ? "cancel" : "resume");
      if (end === "expired") {
        await rig.advance(3_600_001);
        await system.feed();
      }
      expect((await system.read("c")).state).toBe(end === "cancelled" ? "cancelled" : "ended");
      const left = await all("c", 100);
      expect(ids(left)).toEqual(ids(expected));
      expect(left[0]?.fields).toEqual(person(left[0]?.id ?? "").fields);
      expect(ACCOUNTS).toContain(left[0]?.accountId);

      await rig.advance(9 * 86_400_000);
      const feeder = system.newFeeder();
      await feeder.feedOnce();
      await feeder.close();
      expect(await rig.client.keys(rig.key("todo:*"))).toEqual([]);
    },
  );

  test("a page goes on where it was, whatever was fed meanwhile", async () => {
    await system.draft("c", ["ada"], 40);
    await system.campaigns.accept("c", { accountIds: ["ada"], recipients: people(40, "more") });
    const campaign = await system.read("c");
    const { items, next } = await system.campaigns.unsent(campaign, { limit: 5 });
    await system.campaigns.change("c", "start", { first: 50 });
    const sent = await run("c");
    const rest = await system.campaigns.unsent(campaign, { after: next ?? undefined, limit: 100 });
    expect(sent).toHaveLength(50);
    expect(rest.items.map(({ id }) => id)).toEqual(idsOf(people(40, "more").slice(10)));
    expect(items).toHaveLength(5);
  });
});

describe("samples", () => {
  /** Equal for equal seeds. */
  function random(seed: number): () => number {
    let state = seed;
    return () => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state / 2_147_483_648;
    };
  }

  const draw = async (campaign: Campaign, random: () => number) =>
    samplesOf(campaign, await drawRecipients(system.rig.engine.scripts, campaign, { count: LOOKED_AT_FOR_SAMPLES, random }));
  const names = (samples: readonly Sample[]) => samples.map(({ recipientId }) => recipientId);

  test.each([
    [30, 1],
    [2_600, 6],
  ])("of %i recipients ten different ones are drawn, others each time, from all parts of the list", async (count, batches) => {
    await system.draft("c", ACCOUNTS, { count: 0, ...message(text("{{linkedin_url}}")) });
    for (let batch = 0; batch < batches; batch++)
      await system.campaigns.accept("c", { accountIds: ACCOUNTS, recipients: people(Math.ceil(count / batches), `b${batch}`) });
    const campaign = await system.read("c");
    const drawn = new Set<string>();
    for (let seed = 1; seed <= 25; seed++) {
      const some = names(await draw(campaign, random(seed * 7_919)));
      expect(new Set(some).size).toBe(10);
      for (const name of some) drawn.add(name);
    }
    expect(drawn.size).toBeGreaterThan(count === 30 ? 28 : 150);
    expect(new Set([...drawn].map((name) => name.split("-")[0])).size).toBe(batches);
    expect(names(await draw(campaign, random(5)))).toEqual(names(await draw(campaign, random(5))));
  });

  test("are drawn from all recipients that are left, each with the same chance, however unevenly the list came", async () => {
    const sizes = [1, 37, 3, 200, 5];
    await system.draft("c", ACCOUNTS, 0);
    const lists = sizes.map((size, batch) => people(size, `b${batch}`));
    for (const recipients of lists) await system.campaigns.accept("c", { accountIds: ACCOUNTS, recipients });
    // Some are fed: the first of a chunk are passed over.
    await system.campaigns.change("c", "start", { first: 4 });
    expect(await run("c")).toHaveLength(4);
    const left = dealShares(lists.flat(), ACCOUNTS, 0).flatMap(({ recipients }, at) => idsOf(recipients).slice(at === 0 ? 2 : 1));
    const campaign = await system.read("c");
    for (let seed = 1; seed <= 5; seed++) {
      const expected = drawPlaces(left.length, 30, random(seed)).map((place) => left[place]);
      expect(names(await draw(campaign, random(seed)))).toEqual(expected.slice(0, 10));
    }
    const counts = new Map<number, number>();
    const next = random(11);
    for (let draw = 0; draw < 5_000; draw++) for (const place of drawPlaces(50, 10, next)) counts.set(place, (counts.get(place) ?? 0) + 1);
    expect(counts.size).toBe(50);
    // 1,000 each; four standard deviations are 113.
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });

  test("show what will be sent; of a short list all are shown", async () => {
    await system.draft("c", ACCOUNTS, { count: 3, ...message(text("{{linkedin_url}}")) });
    const samples = await draw(await system.read("c"), Math.random);
    expect(names(samples).sort()).toEqual(["c-0", "c-1", "c-2"]);
    expect(samples.find(({ recipientId }) => recipientId === "c-1")?.input).toEqual({
      linkedin_url: "https://www.linkedin.com/in/c-1",
      message_text: "Hello https://www.linkedin.com/in/c-1",
    });
  });
});
