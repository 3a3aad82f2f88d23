/** Why an account is in its state, as a person is told it: one sentence for each word, for doctor, command line and console alike. */
import { REST_WORDS, RestCause } from "@linkup-queue/contracts";

/** The list is in docs/life-of-a-job.md, which a test compares. */
const ACCOUNT_WORDS: Readonly<Record<string, string>> = {
  registered: "it was registered",
  token_dead: "its session is over",
  code_required: "LinkedIn asks for a code",
  verifying: "its code is being tried",
  code_wrong: "LinkedIn did not take the code",
  session_expired: "LinkedIn ended the log-in before its code came",
  login_refused: "LinkedIn refused its log-in",
  login_failed: "its log-in failed",
  login_unknown: "nobody knows what became of its log-ins",
  verification_unknown: "LinkUp's answer to the code was never seen",
  no_credentials: "it has no password to log in with",
  account_restricted: REST_WORDS.account_restricted,
  linkedin_limited: REST_WORDS.linkedin_limited,
  rate_limited: "its log-ins were refused for the rate of the whole key",
  tokens_die_young: "each of its sessions dies soon after its log-in",
  token_dead_and_no_password: "its session is over, and it has no password to log in with",
  secret_unreadable: "its sealed token or password does not open",
  code_unreadable: "its stored code did not open",
  resumed: "it was taken back to work",
  by_hand: "by a person",
};

/** Empty for no reason. A rest's cause is one, too; a word that a later version writes is told as it is. */
export function accountWhy(why: string): string {
  const rest = RestCause.safeParse(why);
  if (rest.success) return REST_WORDS[rest.data];
  return Object.hasOwn(ACCOUNT_WORDS, why) ? (ACCOUNT_WORDS[why] ?? why) : why.replaceAll("_", " ");
}
