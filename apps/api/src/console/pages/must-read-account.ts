/** The account that a page is about. */
import { LinkupError } from "@linkup-queue/contracts";
import type { Account } from "@linkup-queue/queue";
import type { PageCall } from "../frame/console-page.ts";

/** Throws `not_found`. */
export async function mustReadAccount({ context, params: { id = "" } }: Pick<PageCall, "context" | "params">): Promise<Account> {
  const account = await context.engine.accounts.read(id);
  if (account === null) throw new LinkupError("not_found", "There is no such account");
  return account;
}
