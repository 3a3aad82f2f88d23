/** Walks all accounts of a key. */
import type { Account, Engine } from "@linkup-queue/queue";

const PAGE = 500;

/** Every account, page by page. */
export async function* allAccounts(engine: Engine): AsyncGenerator<Account> {
  let afterId: string | undefined;
  for (;;) {
    const page = await engine.accounts.list({ afterId, limit: PAGE });
    yield* page;
    afterId = page.at(-1)?.id;
    if (afterId === undefined || page.length < PAGE) return;
  }
}
