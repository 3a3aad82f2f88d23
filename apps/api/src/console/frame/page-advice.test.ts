/** Advice on pages: no command where the page has a button or a field for it. */
import { ACCOUNT_STATES, type Account, accountAdvice, type KeyState, keyAdvice, SECRET_UNREADABLE } from "@linkup-queue/queue";
import { expect, test } from "vitest";
import { pageAdvice } from "./page-advice.ts";

const WHYS = ["", "verifying", "code_wrong", "code_unreadable", "verification_unknown", SECRET_UNREADABLE];
const REASONS = ["by_hand", "key_refused", "service_refused", "rate_limited", "server_errors", "fresh_state"];

test("advice about an account or the key names no command", () => {
  const accounts = ACCOUNT_STATES.flatMap((state) => WHYS.map((why) => accountAdvice({ id: "ada", state, why } as Account) ?? ""));
  const keys = REASONS.map((reason) => keyAdvice({ reason } as KeyState));
  const said = [...accounts, ...keys].map(pageAdvice);
  expect(said.filter((one) => one.includes("linkup "))).toEqual([]);
  expect(pageAdvice(accountAdvice({ id: "ada", state: "awaiting_code", why: "code_wrong" } as Account) ?? "")).toBe(
    "LinkedIn did not take the code; give another here",
  );
});

test.each([
  [
    "Raise its maxCredits with PATCH /v1/campaigns/spring (paused), then: linkup campaign resume spring",
    "Raise its maxCredits on its page, then resume it there",
  ],
  [
    "Look on LinkedIn, and say what you saw: linkup job resolve j-1 --happened, or --not-happened and linkup job redrive j-1 --may-send-twice",
    "Look on LinkedIn, and say on the page Unknown what you saw",
  ],
  [
    "LinkUp itself refuses post.react; its jobs wait, free. When it is mended: linkup key release operation:post.react",
    "LinkUp itself refuses post.react; its jobs wait, free. When it is mended take its brake off here",
  ],
  ["Start one: node --env-file=.env apps/worker/src/main.ts", "Start one: node --env-file=.env apps/worker/src/main.ts"],
])("%s is said as %s", (advice, said) => expect(pageAdvice(advice)).toBe(said));
