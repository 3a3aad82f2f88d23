/**
 * The simulated provider's behaviour: latency, faults, accounts, limits. Every field is described here, and nowhere else:
 * `GET /_sandbox/scenario?fields=1` prints these sentences. Holds no key and no token.
 */
import { z } from "zod";
import { canonicalTarget } from "../api/body.ts";
import { OPERATIONS } from "../api/endpoints.ts";

const Share = z.number().min(0).max(1);
const LatencyMs = z.union([
  z.number().min(0),
  z.strictObject({ min: z.number().min(0), max: z.number().min(0) }).refine((range) => range.min <= range.max, "min is above max"),
]);
export type LatencyMs = z.infer<typeof LatencyMs>;
const Email = z.string().trim().toLowerCase().min(1);
const Operation = z.string().refine((name) => OPERATIONS.has(name), "is not an operation of the sandbox");
const Lifetime = {
  tokenLifetimeMs: z.number().positive().nullable(),
  tokenLifetimeCalls: z.int().min(0).nullable(),
  dieOnce: z.strictObject({ afterCalls: z.int().min(0) }).nullable(),
};

export const FAULT_WORDS = ["hang", "reset", "error-in-200", "oversized", "unreadable", "truncated", "drip"] as const;

/**
 * One thing that goes wrong. `when`: before or after the effect; left out, it is `after` for spoilt bodies of a 200 and `before` for all else.
 * `late`, of a hang or a reset: the effect comes lateEffectMs after it.
 * `body`, with a numbered status: the answer's whole body, a text as a page and all else as JSON.
 */
export const Fault = z.strictObject({
  status: z.union([z.int().min(200).max(599), z.enum(FAULT_WORDS)]),
  when: z.enum(["before", "after", "late"]).optional(),
  message: z.string().optional(),
  body: z.json().optional(),
});
export type Fault = z.infer<typeof Fault>;

const NextFault = Fault.extend({ operation: Operation.optional(), email: Email.optional(), times: z.int().min(1).default(1) });

export const Scenario = z.strictObject({
  limit: z
    .int()
    .min(1)
    .max(1_000_000)
    .nullable()
    .describe("Requests of one key in any window; the next is refused with 429. null: no limit."),
  windowMs: z.number().positive().describe("Length of the rate window."),
  refusedOccupy: z.boolean().describe("Whether a refused arrival occupies the window as an accepted one does."),
  seed: z.int().describe("Seed of the random numbers for faults and latencies; setting it starts them anew."),
  latencyMs: LatencyMs.describe("Time from the decision to the answer: a number, or {min, max} drawn evenly."),
  latencyByPath: z.record(z.string(), LatencyMs).describe("Latencies that replace latencyMs, by path or operation."),
  share500Before: Share.describe("Share of calls answered 500 with nothing done."),
  share500After: Share.describe("Share of calls answered 500 though the effect was done."),
  shareHangBefore: Share.describe("Share of calls never answered, nothing done, not charged."),
  shareHangAfter: Share.describe("Share of calls never answered, done and charged."),
  shareHangLate: Share.describe("Share of calls never answered; done lateEffectMs later, and charged then."),
  lateEffectMs: z.number().min(0).describe("How long after a call that hangs or is reset `late` its effect comes."),
  shareResetBefore: Share.describe("Share of calls whose connection is reset, nothing done, not charged."),
  shareResetAfter: Share.describe("Share of calls whose connection is reset, done and charged."),
  share502: Share.describe("Share of calls answered 502 by a gateway with an HTML page."),
  share503: Share.describe("Share of calls answered 503 by a gateway with an HTML page."),
  share504: Share.describe("Share of calls answered 504 by a gateway with an HTML page."),
  gatewayWhen: z.enum(["before", "after"]).describe("Whether 502, 503, 504 by share come before or after the effect. They are charged."),
  shareErrorIn200: Share.describe("Share of calls answered 200 with status error in the body, nothing done, charged."),
  errorIn200Text: z.string().describe("The message of such a body."),
  shareOversizedBody: Share.describe("Share of calls whose 200 has a body of oversizedBytes; done and charged."),
  oversizedBytes: z.int().min(1).max(2_000_000_000).describe("Size of an oversized body."),
  shareUnreadableBody: Share.describe("Share of calls whose 200 has a body that is not JSON; done and charged."),
  shareTruncatedBody: Share.describe("Share of calls whose 200 ends in mid-body; done and charged."),
  shareDripBody: Share.describe("Share of calls whose answer comes byte by byte; done and charged."),
  dripIntervalMs: z.number().min(1).describe("Pause between two bytes of a dripping body."),
  faultOperations: z.array(Operation).nullable().describe("The shares and failEvery strike these operations alone. null: all."),
  failEvery: Fault.extend({ n: z.int().min(1) })
    .nullable()
    .describe("Every nth call, counted from when this was set, fails so: {n, status, when?, message?, body?}."),
  next: z
    .array(NextFault)
    .max(100_000)
    .describe("One-shot faults, used up in order: {status, when?, message?, body?, operation?, email?, times?}."),
  badKey: z
    .union([z.boolean(), z.array(z.string())])
    .describe("true: every key is refused with 401; a list: the keys with these fingerprints."),
  credits: z
    .int()
    .min(0)
    .nullable()
    .describe("Balance of each key, counted down; a call that costs more than is left gets a 401. null: endless."),
  linkedinLimited: z.array(Email).describe("Accounts whose calls are answered 429 LinkedIn Rate limit exceeded."),
  badPassword: z.array(Email).describe("Accounts whose log-in is answered 401 Bad username or password."),
  codeRequired: z.array(Email).describe("Accounts whose log-in asks for a code."),
  code: z.string().min(1).describe("The code that verify accepts, unless the account has its own."),
  codeLifetimeMs: z
    .number()
    .positive()
    .nullable()
    .describe("How long a log-in waits for its code; later: 401 Session expired. null: for ever."),
  tokenLifetimeMs: Lifetime.tokenLifetimeMs.describe("A token dies this long after it was made. null: never."),
  tokenLifetimeCalls: Lifetime.tokenLifetimeCalls.describe("A token dies after this many calls. null: never."),
  dieOnce: Lifetime.dieOnce.describe("The first token of each account dies after afterCalls calls, later ones live. null: off."),
  acceptAnyToken: z.boolean().describe("Whether a token that was not made here is accepted, as that of account token:<fingerprint>."),
  accounts: z
    .record(Email, z.strictObject({ ...Lifetime, code: z.string().min(1) }).partial())
    .describe("By e-mail: {tokenLifetimeMs?, tokenLifetimeCalls?, dieOnce?, code?} in place of the general ones."),
  receivedInvitations: z.int().min(0).max(1000).describe("Invitations that each account has received."),
  messagesBefore: z
    .array(
      z.strictObject({
        text: z.string(),
        email: Email.optional(),
        profile: z
          .string()
          .transform((address) => canonicalTarget(address))
          .optional(),
        own: z.boolean().default(true),
        unsigned: z.boolean().default(false),
        agoMs: z.number().min(0).default(3_600_000),
        atMs: z.number().min(0).optional(),
      }),
    )
    .max(10_000)
    .describe(
      "Messages that conversations hold from before the start: {text, email?, profile?, own?, unsigned?, agoMs?, atMs?}; of all accounts with all members, own, an hour old, unless said otherwise. `atMs`: when, ms since 1970, in place of agoMs, so after the start, too; `unsigned`: it does not say who sent it.",
    ),
  inboxKept: z
    .boolean()
    .describe(
      "Whether an inbox lists the conversations that there are: those with a message that was sent here, or with one of messagesBefore that names its member, the newest first. false: members who are made up.",
    ),
  acceptedInvitations: z
    .array(z.string().transform((address) => canonicalTarget(address)))
    .max(10_000)
    .describe("Members who accept whatever they are sent: their status is ACCEPTED, and no list of sent invitations has them."),
  pendingBefore: z
    .int()
    .min(0)
    .max(10_000)
    .describe("Invitations that each account sent before the start, to members who are made up, and that are pending."),
  acceptAnyInvitation: z.boolean().describe("Whether accept and withdraw take invitations that no list showed; still once each."),
});
export type Scenario = z.infer<typeof Scenario>;

const Actions = z.strictObject({
  /** Tokens that die now, by e-mail of their owner. Not kept in the scenario. */
  killToken: Email.optional(),
  killTokens: z.union([z.literal("all"), z.array(Email)]).optional(),
});

/** The body of a scenario call: any fields of the scenario, each replacing the one in force, and actions done at once. */
export const ScenarioPatch = z.strictObject({ ...Scenario.partial().shape, ...Actions.shape });
export type ScenarioPatch = z.input<typeof ScenarioPatch>;
export type ParsedPatch = z.infer<typeof ScenarioPatch>;

export const DEFAULT_SCENARIO: Scenario = {
  limit: 300,
  windowMs: 60_000,
  refusedOccupy: true,
  seed: 1,
  latencyMs: 0,
  latencyByPath: {},
  share500Before: 0,
  share500After: 0,
  shareHangBefore: 0,
  shareHangAfter: 0,
  shareHangLate: 0,
  lateEffectMs: 120_000,
  shareResetBefore: 0,
  shareResetAfter: 0,
  share502: 0,
  share503: 0,
  share504: 0,
  gatewayWhen: "before",
  shareErrorIn200: 0,
  errorIn200Text: "Bad parameter",
  shareOversizedBody: 0,
  oversizedBytes: 64 * 1024 * 1024,
  shareUnreadableBody: 0,
  shareTruncatedBody: 0,
  shareDripBody: 0,
  dripIntervalMs: 50,
  faultOperations: null,
  failEvery: null,
  next: [],
  badKey: false,
  credits: null,
  linkedinLimited: [],
  badPassword: [],
  codeRequired: [],
  code: "123456",
  codeLifetimeMs: null,
  tokenLifetimeMs: null,
  tokenLifetimeCalls: null,
  dieOnce: null,
  acceptAnyToken: true,
  accounts: {},
  receivedInvitations: 10,
  messagesBefore: [],
  inboxKept: false,
  acceptedInvitations: [],
  pendingBefore: 0,
  acceptAnyInvitation: false,
};

export type SharedFault = { share: number; fault: Fault };

/** The shares of a scenario as faults, in the order in which the random number walks them. */
export function sharedFaults(scenario: Scenario): SharedFault[] {
  const { gatewayWhen } = scenario;
  const row = (share: number, status: Fault["status"], when: "before" | "after" | "late"): SharedFault => ({
    share,
    fault: { status, when },
  });
  return [
    row(scenario.share500Before, 500, "before"),
    row(scenario.share500After, 500, "after"),
    row(scenario.shareHangBefore, "hang", "before"),
    row(scenario.shareHangAfter, "hang", "after"),
    row(scenario.shareHangLate, "hang", "late"),
    row(scenario.shareResetBefore, "reset", "before"),
    row(scenario.shareResetAfter, "reset", "after"),
    row(scenario.share502, 502, gatewayWhen),
    row(scenario.share503, 503, gatewayWhen),
    row(scenario.share504, 504, gatewayWhen),
    row(scenario.shareErrorIn200, "error-in-200", "before"),
    row(scenario.shareOversizedBody, "oversized", "after"),
    row(scenario.shareUnreadableBody, "unreadable", "after"),
    row(scenario.shareTruncatedBody, "truncated", "after"),
    row(scenario.shareDripBody, "drip", "after"),
  ].filter(({ share }) => share > 0);
}

/** The scenario in force with the patch's fields in place. Throws TypeError with one line for each mistake. */
export function mergeScenario(current: Scenario, patch: unknown): { scenario: Scenario; patch: ParsedPatch } {
  const parsed = ScenarioPatch.safeParse(patch);
  if (!parsed.success) throw new TypeError(z.prettifyError(parsed.error));
  const { killToken: _one, killTokens: _all, ...fields } = parsed.data;
  const late = [parsed.data.failEvery, ...(parsed.data.next ?? [])].find(
    (fault) => fault?.when === "late" && fault.status !== "hang" && fault.status !== "reset",
  );
  if (late != null) throw new TypeError(`A ${late.status} can't be late: only hang and reset have an effect that comes later`);
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const scenario: Scenario = { ...current, ...given };
  const sum = sharedFaults(scenario).reduce((total, { share }) => total + share, 0);
  if (sum > 1 + 1e-9) throw new TypeError(`The shares add up to ${sum}; together they must not be above 1`);
  return { scenario, patch: parsed.data };
}

/** Each field's name and its sentence. */
export function describeScenario(): Record<string, string> {
  return Object.fromEntries(Object.entries(Scenario.shape).map(([name, field]) => [name, field.description ?? ""]));
}
