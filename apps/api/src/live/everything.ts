/** All accounts and all campaigns, read once for all who need them in the same moments: there may be thousands. */
import type { Account, CampaignHead, Engine } from "@linkup-queue/queue";
import { type Cached, cached } from "./cached.ts";

export type Everything = {
  accounts: Cached<Account[]>;
  campaigns: Cached<CampaignHead[]>;
  /** The next who asks has both read anew. */
  forget(): void;
};

const READ_FOR_MS = 2_500;
const PAGE = 500;

export function everythingOf(engine: Engine): Everything {
  const accounts = cached(READ_FOR_MS, () => allAccounts(engine));
  const campaigns = cached(READ_FOR_MS, () => engine.campaignHeads());
  const forget = () => {
    accounts.forget();
    campaigns.forget();
  };
  return { accounts, campaigns, forget };
}

async function allAccounts({ accounts }: Engine): Promise<Account[]> {
  const all: Account[] = [];
  for (let afterId: string | undefined; ; ) {
    const page = await accounts.list({ afterId, limit: PAGE });
    for (const one of page) all.push(one);
    afterId = page.at(-1)?.id;
    if (page.length < PAGE) return all;
  }
}
