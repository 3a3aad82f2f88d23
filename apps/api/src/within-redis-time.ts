/** Bounds the wait for Redis: a client is told that it is away, instead of hanging. It cancels nothing. */
import { LinkupError } from "@linkup-queue/contracts";

/** The work's result; throws `redis_unreachable` when it takes longer than `limitMs`. */
export async function withinRedisTime<T>(work: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const message = "Redis does not answer. What was asked may or may not be done; ask again, jobs with the same idempotencyKey";
      reject(new LinkupError("redis_unreachable", message));
    }, limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
