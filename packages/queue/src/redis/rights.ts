/**
 * The rights that a Redis user of ours needs, and which grant is missing where Redis refused something for want of a right. Nobody's name or
 * key but our own is ever told: what stands behind the tag may name a person.
 * Redis's own words differ from version to version: https://github.com/redis/redis/blob/7.0.15/src/acl.c (getAclErrorMessage), script.c; 7.2 and
 * Valkey say `User x has no permissions to ...`.
 */
import { queuePrefix } from "@linkup-queue/contracts";

/** The commands: BullMQ's, our scripts' and what is asked of the server itself. */
export const COMMAND_RIGHTS = [
  "+@read +@write +@connection +@transaction -@dangerous",
  "+eval +evalsha +time +wait +info +config|get",
  "+fcall +function|load +function|list +function|delete",
].join(" ");

/** The rights that calling our library takes, beside those to our keys. */
export const FUNCTION_RIGHTS = "+fcall +function|load +function|list +function|delete";

/** Rights to all keys of one id. */
export function keyRights(tag: string): string {
  return `~${tag}*`;
}

/** The line that makes such a user, for the key id. */
export function aclLine(keyId: string): string {
  return `ACL SETUSER linkup on ><password> resetchannels resetkeys ${keyRights(queuePrefix(keyId))} ${COMMAND_RIGHTS}`;
}

const COMMAND = /^NOPERM .*'(\S+?)' command|^ERR unknown command '?(FUNCTION|FCALL)/i;
const KEY = /^NOPERM .*(?:access one of the keys|access a key|access the '.*' key)/is;
const CHANNEL = /^NOPERM .*channel/is;
/** In a script: our own, or one of BullMQ's. */
const IN_SCRIPT = /^(?:ERR|NOPERM) (?:The user executing the script can't|ACL failure in script)/i;
const TAG = /^\{linkup-[a-z0-9-]+\}/;

/** Whether Redis refused something because its user has no right to it. */
export function lacksRight(thrown: unknown): thrown is Error {
  if (!(thrown instanceof Error)) return false;
  return /^NOPERM\b/.test(thrown.message) || COMMAND.test(thrown.message) || IN_SCRIPT.test(thrown.message);
}

/** A right that a user lacks, and the grant that lets him: `redis-cli acl setuser <user> ...`. */
export function missingRight(error: Error): { what: string; grant: string } {
  const { message } = error;
  const tag = tagOf(error) ?? "{linkup-<LINKUP_KEY_ID>}";
  if (IN_SCRIPT.test(message)) return { what: "run the commands of a script", grant: `${keyRights(tag)} ${COMMAND_RIGHTS}` };
  const named = COMMAND.exec(message);
  const command = (named?.[1] ?? named?.[2] ?? "").toLowerCase();
  if (/^(?:function|fcall)\b/.test(command))
    return { what: `run ${shown(command)}, and the gate is a library of functions`, grant: FUNCTION_RIGHTS };
  if (command !== "") return { what: `run ${shown(command)}`, grant: `+${command}` };
  if (CHANNEL.test(message)) return { what: "use its channels", grant: `&${tag}*` };
  if (KEY.test(message)) return { what: "touch the keys that it must", grant: keyRights(tag) };
  return { what: "do what it must", grant: `${keyRights(tag)} ${COMMAND_RIGHTS}` };
}

const shown = (command: string): string => command.replace("|", " ").toUpperCase();

/** The beginning of our keys, from the arguments of the command that was refused. */
function tagOf(error: Error): string | null {
  const command = "command" in error ? (error.command as { args?: unknown }) : null;
  const args: readonly unknown[] = Array.isArray(command?.args) ? command.args : [];
  for (const arg of args) {
    const tag = typeof arg === "string" ? TAG.exec(arg) : null;
    if (tag !== null) return tag[0];
  }
  return null;
}
