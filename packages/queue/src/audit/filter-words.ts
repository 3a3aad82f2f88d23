/** By what a change of many jobs chose them, in the words of the audit list: names and closed words, nothing about a person. Pure. */

type AuditedFilter = {
  accountId?: string | undefined;
  operation?: string | undefined;
  campaignId?: string | undefined;
  state?: string | undefined;
  code?: string | undefined;
  queue?: string | undefined;
  /** Names a person, and so is not told. */
  recipientId?: string | undefined;
  addedFrom?: string | undefined;
  addedBefore?: string | undefined;
  /** Of jobs that are done again. */
  maySendTwice?: boolean | undefined;
};

const WORDS = {
  accountId: "account",
  operation: "operation",
  campaignId: "campaign",
  state: "state",
  code: "code",
  queue: "queue",
  addedFrom: "added from",
  addedBefore: "added before",
} as const;

/** Such as `account ada, state parked`; parts that are left out are not named. */
export function filterWords(filter: AuditedFilter): string {
  const names = Object.keys(WORDS) as (keyof typeof WORDS)[];
  const said = names.flatMap((name) => (filter[name] === undefined ? [] : [`${WORDS[name]} ${filter[name]}`]));
  if (filter.recipientId !== undefined) said.push("one recipient");
  return [...said, ...(filter.maySendTwice === true ? ["may send twice"] : [])].join(", ");
}
