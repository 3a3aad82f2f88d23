/** Names of jobs and their places in a lane. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { DIGEST_LENGTH, jobDigest, laneMember, outcomeIdOf } from "./job-ref.ts";

test("an id that a producer chose names its job whatever its timestamp; one that BullMQ numbered only together with it", () => {
  const chosen = { queue: "messages", id: "order-1", timestamp: 1 } as const;
  expect(jobDigest({ ...chosen, timestamp: 2 })).toBe(jobDigest(chosen));
  const numbered = { queue: "messages", id: "17", timestamp: 1 } as const;
  expect(jobDigest({ ...numbered, timestamp: 2 })).not.toBe(jobDigest(numbered));
});

test("the same id in two queues names two jobs", () => {
  const ref = { id: "order-1", timestamp: 1 };
  expect(jobDigest({ ...ref, queue: "messages" })).not.toBe(jobDigest({ ...ref, queue: "network" }));
});

test("a digest has its fixed length, stands at the end of the lane's member, and gives the outcome's id", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.nat(), fc.integer({ min: 0, max: 2_097_152 }), (id, timestamp, priority) => {
      const ref = { queue: "posts", id, timestamp } as const;
      const digest = jobDigest(ref);
      expect(digest).toHaveLength(DIGEST_LENGTH);
      expect(laneMember(ref, priority).endsWith(`|${digest}`)).toBe(true);
      expect(outcomeIdOf(digest)).toBe(`o-${digest}`);
    }),
  );
});

test("lane members sort as text by priority, arrival and number", () => {
  const place = fc.record({ priority: fc.integer({ min: 1, max: 2_097_152 }), timestamp: fc.nat(), id: fc.nat() });
  fc.assert(
    fc.property(place, place, (a, b) => {
      const member = ({ priority, timestamp, id }: typeof a) => laneMember({ queue: "posts", id: String(id), timestamp }, priority);
      const order = a.priority - b.priority || a.timestamp - b.timestamp || a.id - b.id;
      if (order === 0) return;
      expect(member(a) < member(b)).toBe(order < 0);
    }),
  );
  const ref = { queue: "posts", timestamp: 1 } as const;
  expect(laneMember({ ...ref, id: "9" }, 10) < laneMember({ ...ref, id: "10" }, 10)).toBe(true);
});

test("a job without a priority stands with the normal ones", () => {
  const ref = { queue: "posts", id: "a", timestamp: 1 } as const;
  expect(laneMember(ref, 0)).toBe(laneMember(ref, 10));
});
