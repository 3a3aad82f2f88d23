/** When a person answered and was written to last, by their digest: for whoever asks about one person. It changes nothing. */
import type { RedisScripts } from "../redis/scripts.ts";
import { type PeopleDigests, personDigest } from "../safety/people-digests.ts";

/**
 * ISO. `repliedAt`: null where no reply of the last year is known. `touchedAt`: null where no touch is remembered; of a call that is out it is the
 * deadline of that call.
 */
export type PersonFacts = { repliedAt: string | null; touchedAt: string | null };

/** The facts of a person, by `personKey`. Throws `secrets_key_wrong`. */
export async function readPersonFacts(scripts: RedisScripts, digests: PeopleDigests, key: string): Promise<PersonFacts> {
  const secret = await digests.refresh();
  if (secret === null) return { repliedAt: null, touchedAt: null };
  const digest = personDigest(secret, key);
  const [letters, rest] = [digest.slice(0, 2), digest.slice(2)];
  const { client, keys } = scripts;
  const [replied, touched] = await Promise.all([client.zscore(keys.answered(letters), rest), client.zscore(keys.touched(letters), rest)]);
  return { repliedAt: isoOf(replied), touchedAt: isoOf(touched) };
}

const isoOf = (ms: string | null): string | null => (ms === null ? null : new Date(Number(ms)).toISOString());
