/**
 * Redis's refusals and its absence, as errors of ours: none of these is a defect or a job's fault, and each passes or has a remedy. The one table
 * of all processes: the api answers 503 with a time to come back, a worker counts them in its log.
 * The first word of an error reply is its kind (https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors), in scripts too.
 */
import { LinkupError } from "@linkup-queue/contracts";
import { lacksRight, missingRight } from "./rights.ts";

type Trouble = { code: "redis_unreachable" | "redis_unsuitable"; says: string };

const AWAY: Trouble = { code: "redis_unreachable", says: "Redis does not answer" };
const MOVING: Trouble = { code: "redis_unreachable", says: "The Redis cluster is moving these keys to another server" };
const FAILOVER: Trouble = {
  code: "redis_unreachable",
  says: "This Redis is a replica, which takes no writes: a failover is under way, or REDIS_URL names the wrong one",
};
const BUSY: Trouble = { code: "redis_unreachable", says: "Redis is busy with a script that takes too long" };
const FORGOTTEN: Trouble = { code: "redis_unreachable", says: "Redis has forgotten a script, which it is given anew" };
const LOCKED: Trouble = { code: "redis_unsuitable", says: "Redis refuses our user name or password" };
const CLUSTER_DOWN: Trouble = { code: "redis_unreachable", says: "The Redis cluster is down: a part of its slots has no server" };

const BY_REPLY: Readonly<Record<string, Trouble>> = {
  OOM: { code: "redis_unsuitable", says: "Redis is full: it takes no more until results are taken or maxmemory is raised" },
  MISCONF: { code: "redis_unsuitable", says: "Redis can't write to its disk and so takes no writes: its log says why" },
  NOREPLICAS: {
    code: "redis_unsuitable",
    says: "Redis has fewer replicas in step than min-replicas-to-write asks for, and takes no writes",
  },
  READONLY: FAILOVER,
  UNBLOCKED: FAILOVER,
  LOADING: { code: "redis_unreachable", says: "Redis is starting and still reads its data" },
  CLUSTERDOWN: CLUSTER_DOWN,
  MASTERDOWN: { code: "redis_unreachable", says: "This Redis is a replica that has lost its master" },
  TRYAGAIN: MOVING,
  MOVED: MOVING,
  ASK: MOVING,
  BUSY,
  NOSCRIPT: FORGOTTEN,
  NOAUTH: LOCKED,
  WRONGPASS: LOCKED,
  EXECABORT: { code: "redis_unreachable", says: "Redis dropped a transaction" },
};

/** Replies without a kind of their own, and the words of ioredis. */
const BY_WORDS: readonly (readonly [RegExp, Trouble])[] = [
  [/Script killed by user/, BUSY],
  [/^ERR Function not found/, FORGOTTEN],
  [/^ERR max number of clients reached/, { code: "redis_unsuitable", says: "Redis has as many connections as its maxclients allows" }],
  [/^ERR Script attempted to access a non local key/, MOVING],
  [/^Too many Cluster redirections/, MOVING],
  [/^(?:None of startup nodes is available|Cluster (?:isn't ready|is disconnect|is ended))/, AWAY],
  [/^All sentinels are unreachable/, { code: "redis_unreachable", says: "No sentinel answers, so that nobody knows the master" }],
  [/^Connection is closed\.$|^Command aborted due to connection close|^Command timed out$|^Socket timeout\.|^connect ETIMEDOUT/, AWAY],
  [/^Stream isn't writeable/, AWAY],
];

/** ioredis's own, and BullMQ's, when a connection was given up. */
const BY_NAME: ReadonlySet<string> = new Set(["MaxRetriesPerRequestError", "ClusterAllFailedError", "ConnectionClosedError"]);
/** Node's codes for a connection. Nobody else's connection is ours to judge: it comes wrapped by its library. */
const BY_CODE = /^(?:ECONN(?:REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|E(?:HOST|NET)UNREACH|ENOTFOUND|EAI_AGAIN)$/;
/** Wrappers that may hold an error of Redis's. */
const WRAPPERS: ReadonlySet<string> = new Set([
  "Error",
  "AggregateError",
  "LinkupError",
  "ReplyError",
  "ClusterAllFailedError",
  "ConnectionClosedError",
]);
/** EXECABORT, and Redis 6's for an error in a script, repeat the reply that they are about behind these words. */
const QUOTED = /^(?:EXECABORT .* because of: |ERR Error running script .*?: -)(?=[A-Z]+ )/;

/** The error for what Redis or its client threw, however it is wrapped, with the grant where a right is missing; null when it is neither. */
export function redisTrouble(thrown: unknown): LinkupError | null {
  return search(thrown, new Set());
}

/** Anything that was thrown, as an error of ours: Redis's trouble by its table, all else as it is, or as a defect. */
export function errorOf(thrown: unknown): LinkupError {
  return redisTrouble(thrown) ?? LinkupError.from(thrown);
}

function search(thrown: unknown, seen: Set<unknown>): LinkupError | null {
  if (!(thrown instanceof Error) || seen.has(thrown)) return null;
  seen.add(thrown);
  // Whoever made an error of ours of it knew better, but for those who only saw that it is none.
  if (thrown instanceof LinkupError && thrown.code !== "internal_error") return thrown.code.startsWith("redis_") ? thrown : null;
  const inner = WRAPPERS.has(thrown.name) ? innerOf(thrown).map((one) => search(one, seen)) : [];
  // The cause says more than that it had one.
  return inner.find((found) => found !== null) ?? ownTrouble(thrown);
}

/** The errors that this one is made of: BullMQ's and our own `cause`, those of a list, of a transaction, and of the last node of a cluster. */
function innerOf(error: Error): unknown[] {
  const lists = ["errors", "previousErrors"].flatMap((name) => {
    const list: unknown = Reflect.get(error, name);
    return Array.isArray(list) ? (list as unknown[]) : [];
  });
  return [error.cause, Reflect.get(error, "lastNodeError"), ...lists];
}

function ownTrouble(thrown: Error): LinkupError | null {
  const forbidden = rightTrouble(thrown);
  if (forbidden !== null) return forbidden;
  const trouble = troubleIn(thrown);
  return trouble === null ? null : new LinkupError(trouble.code, `${trouble.says}. Ask again later`, { cause: thrown });
}

function troubleIn(thrown: Error): Trouble | null {
  const reply = thrown.message.replace(QUOTED, "");
  const [word = ""] = reply.split(" ", 1);
  if (Object.hasOwn(BY_REPLY, word)) return BY_REPLY[word] ?? null;
  const byWords = BY_WORDS.find(([words]) => words.test(reply));
  if (byWords !== undefined) return byWords[1];
  return BY_NAME.has(thrown.name) || isOfConnection(thrown) ? AWAY : null;
}

/** Whether it is Node's own for a connection that failed; a client of ours that goes away in the middle of its request has no system call. */
function isOfConnection(thrown: Error): boolean {
  if (thrown.name !== "Error" || !("code" in thrown) || !("syscall" in thrown)) return false;
  return typeof thrown.code === "string" && BY_CODE.test(thrown.code);
}

/** The error for what our user of Redis may not do, with the grant; null for any other. Once granted it works, without a new start. */
export function rightTrouble(thrown: unknown): LinkupError | null {
  if (!lacksRight(thrown)) return null;
  const { what, grant } = missingRight(thrown);
  const message = `This Redis does not let its user ${what}. Allow it: redis-cli acl setuser <user> ${grant}`;
  return new LinkupError("redis_unsuitable", message, { cause: thrown });
}
