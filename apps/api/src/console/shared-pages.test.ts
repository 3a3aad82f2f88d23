/** Pages that many look at are read once a second. */
import { expect, test } from "vitest";
import { SharedPages } from "./shared-pages.ts";

function counted(): { pages: SharedPages; read: (name?: string) => Promise<string>; pass(ms: number): void } {
  let [nowMs, reads] = [5_000, 0];
  const pages = new SharedPages(() => nowMs);
  const read = (name = "viewer /console/jobs") => pages.read(name, async () => `reading ${++reads}`);
  return {
    pages,
    read,
    pass: (ms) => {
      nowMs += ms;
    },
  };
}

test("all who look within a second share one reading, and the next second has its own", async () => {
  const { read, pass } = counted();
  expect(await Promise.all([read(), read(), read()])).toEqual(["reading 1", "reading 1", "reading 1"]);
  pass(999);
  expect(await read()).toBe("reading 1");
  pass(1);
  expect(await read()).toBe("reading 2");
});

test("another role or address has another reading, and a change from here ends them all", async () => {
  const { pages, read } = counted();
  expect([await read(), await read("admin /console/jobs"), await read()]).toEqual(["reading 1", "reading 2", "reading 1"]);
  pages.forget();
  expect(await read()).toBe("reading 3");
});

test("a reading that failed is nobody else's", async () => {
  const { pages, read } = counted();
  await expect(pages.read("viewer /console/jobs", () => Promise.reject(new Error("no Redis")))).rejects.toThrow("no Redis");
  expect(await read()).toBe("reading 1");
});
