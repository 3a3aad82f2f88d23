import { accountIds, registerTokens } from "../load/jobs.ts";
import { putCampaigns } from "../load/put-campaigns.ts";
import { NOTHING, type Row } from "../measure/row.ts";
import type { Arrival } from "../peers/sandbox-process.ts";
import type { System } from "../peers/system.ts";
import { type Scenario, until, withSystem } from "./scenario.ts";

const SCENARIO = "13 budget";
const GIVE_UP_MS = 60_000;

export type BudgetSize = { workers: number; accounts: number; campaigns: number; recipients: number; maxCredits: number };
const SMALL: BudgetSize = { workers: 4, accounts: 50, campaigns: 5, recipients: 600, maxCredits: 150 };
const LARGE: BudgetSize = { ...SMALL, campaigns: 25, recipients: 1_000, maxCredits: 500 };

export type Spent = {
  /** Credits charged beyond the budget, by the provider's meter; of all campaigns together. */
  overspent: number;
  /** Of the budgets, what was not spent when the campaign said that nothing is left. */
  unspent: number;
  /** Campaigns that paused because their credits were used up. */
  exhausted: number;
  mostInFlight: number;
  serverErrors: number;
};

export const campaignBudget: Scenario = async ({ scale, say }) => {
  const size = scale.full ? LARGE : SMALL;
  const { workers, accounts, campaigns, maxCredits } = size;
  say(`${campaigns} campaigns, one after another, ${maxCredits} credits each, ${accounts} accounts, ${workers} workers`);
  const spent = await measureBudget(size);
  const row = (figure: string, target: string, cells: { ours: string; met: boolean | null }): Row => ({
    scenario: SCENARIO,
    figure,
    target,
    plain: NOTHING,
    ...cells,
  });
  return [
    row(`${campaigns} campaigns of ${maxCredits} credits: charged beyond them`, "0", {
      ours: `${spent.overspent} (${spent.serverErrors} calls answered 500)`,
      met: spent.overspent === 0 && spent.exhausted === campaigns,
    }),
    row("of the budgets left unspent", "0", { ours: `${spent.unspent}`, met: spent.unspent === 0 }),
    row("most calls out at once", `${accounts}, one for each account`, {
      ours: `${spent.mostInFlight}`,
      met: spent.mostInFlight >= accounts * 0.9,
    }),
  ];
};

/** Spends the budgets of several campaigns, one after another, on one system. */
export async function measureBudget(size: BudgetSize): Promise<Spent> {
  return await withSystem(
    {
      kind: "ours",
      limit: 100_000,
      windowMs: 60_000,
      providerLimit: null,
      workers: size.workers,
      scenario: { latencyMs: { min: 200, max: 500 }, share500Before: 0.2 },
      env: { LINKUP_BACKOFF_MS: "50" },
    },
    (system) => spend(system, size),
  );
}

async function spend(system: System, size: BudgetSize): Promise<Spent> {
  const accounts = accountIds("acc", size.accounts);
  await registerTokens(system.engine, accounts);
  const campaigns = system.engine.campaigns;
  const spent: Spent = { overspent: 0, unspent: 0, exhausted: 0, mostInFlight: 0, serverErrors: 0 };
  let before = 0;
  for (let number = 0; number < size.campaigns; number++) {
    const id = `budget-${number}`;
    await putCampaigns(system.engine, [{ id, accountIds: accounts, recipients: size.recipients, maxCredits: size.maxCredits }]);
    // It says so when the last call that was out has come back.
    const stopped = await until(async () => (await campaigns.read(id))?.state !== "running", { withinMs: GIVE_UP_MS });
    const { credits, byStatus } = await system.sandbox.summary();
    const charged = credits.charged - before;
    before = credits.charged;
    spent.overspent += Math.max(0, charged - size.maxCredits);
    spent.unspent += Math.max(0, size.maxCredits - charged);
    spent.serverErrors = byStatus["500"] ?? 0;
    if (stopped && (await campaigns.read(id))?.why === "budget_exhausted") spent.exhausted += 1;
  }
  spent.mostInFlight = mostAtOnce(await system.sandbox.journal());
  return spent;
}

/** The most calls that had arrived and were not answered, by the provider's clock. */
function mostAtOnce(calls: readonly Pick<Arrival, "arrivalMs" | "answeredMs">[]): number {
  const steps = calls.flatMap(({ arrivalMs, answeredMs }) => [
    { atMs: arrivalMs, change: 1 },
    { atMs: answeredMs ?? Number.POSITIVE_INFINITY, change: -1 },
  ]);
  let out = 0;
  let most = 0;
  for (const { change } of steps.toSorted((one, other) => one.atMs - other.atMs)) {
    out += change;
    most = Math.max(most, out);
  }
  return most;
}
