/**
 * Redis's refusals, as errors of ours: none of these is a defect, and each passes or has a remedy.
 * The first word of an error reply is its kind (https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors), in scripts too.
 */
import { LinkupError } from "@linkup-queue/contracts";
import { lacksRight, missingRight } from "./rights.ts";

type Trouble = { code: "redis_unreachable" | "redis_unsuitable"; says: string };

const BY_REPLY: Readonly<Record<string, Trouble>> = {
  OOM: { code: "redis_unsuitable", says: "Redis is full: it takes no more until results are taken or maxmemory is raised" },
  MISCONF: { code: "redis_unsuitable", says: "Redis can't write to its disk and so takes no writes: its log says why" },
  NOREPLICAS: {
    code: "redis_unsuitable",
    says: "Redis has fewer replicas in step than min-replicas-to-write asks for, and takes no writes",
  },
  READONLY: {
    code: "redis_unreachable",
    says: "This Redis is a replica, which takes no writes: a failover is under way, or REDIS_URL names the wrong one",
  },
  LOADING: { code: "redis_unreachable", says: "Redis is starting and still reads its data" },
  CLUSTERDOWN: { code: "redis_unreachable", says: "The Redis cluster is down: a part of its slots has no server" },
  MASTERDOWN: { code: "redis_unreachable", says: "This Redis is a replica that has lost its master" },
  TRYAGAIN: { code: "redis_unreachable", says: "The Redis cluster is moving these keys to another server" },
  BUSY: { code: "redis_unreachable", says: "Redis is busy with a script that takes too long" },
};

/** ioredis's own, when it has given a connection up. */
const BY_NAME: ReadonlySet<string> = new Set(["MaxRetriesPerRequestError", "ClusterAllFailedError"]);

/** The error for what Redis or its client threw, with the grant where a right is missing; null when it is neither. */
export function redisTrouble(thrown: unknown): LinkupError | null {
  if (!(thrown instanceof Error)) return null;
  const forbidden = rightTrouble(thrown);
  if (forbidden !== null) return forbidden;
  const [word = ""] = thrown.message.split(" ", 1);
  const reply = Object.hasOwn(BY_REPLY, word) ? BY_REPLY[word] : undefined;
  if (reply !== undefined) return new LinkupError(reply.code, `${reply.says}. Ask again later`, { cause: thrown });
  if (BY_NAME.has(thrown.name)) return new LinkupError("redis_unreachable", "Redis does not answer. Ask again later", { cause: thrown });
  return null;
}

/** The error for what our user of Redis may not do, with the grant; null for any other. Once granted it works, without a new start. */
export function rightTrouble(thrown: unknown): LinkupError | null {
  if (!lacksRight(thrown)) return null;
  const { what, grant } = missingRight(thrown);
  const message = `This Redis does not let its user ${what}. Allow it: redis-cli acl setuser <user> ${grant}`;
  return new LinkupError("redis_unsuitable", message, { cause: thrown });
}
