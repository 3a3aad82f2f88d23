/** States in words and signs, the same on every page: readable without colour. */
import type { Account, Finding, KeyState } from "@linkup-queue/queue";
import { type Html, html, moment } from "./html.ts";

type Tone = "good" | "wait" | "bad" | "calm";

/** A state: a sign and a word; the colour says it once more. */
export function stateBadge(word: string, tone: Tone): Html {
  const sign = { good: "●", wait: "◐", bad: "▲", calm: "○" }[tone];
  return html`<span class="state ${tone}"><span aria-hidden="true">${sign}</span> ${word}</span>`;
}

const ACCOUNT_WORDS: Readonly<Record<Account["state"], [word: string, tone: Tone]>> = {
  awaiting_code: ["needs a code", "bad"],
  needs_attention: ["needs attention", "bad"],
  cooling: ["rests", "wait"],
  refreshing: ["logs in", "wait"],
  active: ["active", "good"],
  disabled: ["paused", "calm"],
};

export function accountState({ state, why }: Pick<Account, "state" | "why">): Html {
  const [word, tone] = ACCOUNT_WORDS[state];
  if (state === "awaiting_code" && why === "verifying") return stateBadge("code is being tried", "wait");
  return stateBadge(word, tone);
}

export function keyState({ state, untilMs }: Pick<KeyState, "state" | "untilMs">): Html {
  switch (state) {
    case "open":
      return stateBadge("open", "good");
    case "cooling":
      return html`${stateBadge("cooling", "wait")} until ${moment(untilMs, "it is over")}`;
    case "stopped":
      return stateBadge("STOPPED", "bad");
  }
}

const LEVEL_WORDS: Readonly<Record<Finding["level"], [word: string, tone: Tone]>> = {
  fail: ["keeps work from running", "bad"],
  warn: ["wants looking at", "wait"],
  ok: ["well", "good"],
};

export function findingLevel({ level }: Pick<Finding, "level">): Html {
  return stateBadge(...LEVEL_WORDS[level]);
}

const CAMPAIGN_TONES: Readonly<Record<string, Tone>> = {
  running: "good",
  paused: "calm",
  scheduled: "wait",
  draft: "calm",
  ended: "calm",
  cancelled: "calm",
};

export function campaignState(state: string, stalled: boolean): Html {
  return stalled ? stateBadge("stalled", "bad") : stateBadge(state, CAMPAIGN_TONES[state] ?? "calm");
}
