/** The LinkedIn accounts of the demo and what the sandbox has in store for them. All invented; the passwords open nothing. */
import type { ScenarioPatch } from "@linkup-queue/sandbox";
import type { DemoOptions } from "./read-options.ts";

export type CastMember = { id: string; email: string; password: string; role: "plain" | "asked_for_code" | "token_dies" };

const NAMES = ["anna", "bea", "carl", "dora", "emil", "fay", "gus", "hana", "ivo", "june"];
/** The code that the member would read on the phone. */
export const CODE = "248163";

const ROLES: readonly CastMember["role"][] = ["plain", "asked_for_code", "token_dies"];

/** `count` accounts: the second is asked for a code, the third one's token dies. */
export function cast(count: number): CastMember[] {
  return Array.from({ length: count }, (_, at) => {
    const round = Math.floor(at / NAMES.length);
    const id = `${NAMES[at % NAMES.length]}${round === 0 ? "" : `-${round + 1}`}`;
    return { id, email: `${id}@example.com`, password: `password-of-${id}`, role: ROLES[at] ?? "plain" };
  });
}

/** The scenario that the sandbox is given before anything runs. */
export function scenarioFor(members: readonly CastMember[], options: DemoOptions): ScenarioPatch {
  const jobsEach = Math.floor(options.jobs / members.length);
  const dying = members.filter(({ role }) => role === "token_dies");
  return {
    limit: options.rateLimit,
    windowMs: options.windowMs,
    share500Before: options.errors,
    latencyMs: { min: 40, max: 240 },
    // A log-in takes its time, and so there is something to see.
    latencyByPath: { "auth.login": 900, "auth.verify": 600 },
    codeRequired: members.filter(({ role }) => role === "asked_for_code").map(({ email }) => email),
    code: CODE,
    accounts: Object.fromEntries(dying.map(({ email }) => [email, { dieOnce: { afterCalls: Math.ceil(jobsEach / 3) } }])),
  };
}
