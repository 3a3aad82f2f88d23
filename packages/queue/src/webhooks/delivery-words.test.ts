import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { deliveryWords } from "./delivery-words.ts";

const POST = readFileSync(new URL("../../../webhooks/src/post-webhook.ts", import.meta.url), "utf8");

test("every word of a failed post has its sentence and its advice, and so has any status", () => {
  const words = [...POST.matchAll(/"([a-z]+(?:_[a-z]+)+|redirected)"/g)].map(([, word = ""]) => word).filter((word) => word !== "given_up");
  expect(words.length).toBeGreaterThan(5);
  for (const word of [...words, "webhook_down", "http_410"]) {
    expect(deliveryWords(word).what, word).not.toBe(word.replaceAll("_", " "));
    expect(deliveryWords(word).what, word).toMatch(/^[^_]+ /);
  }
  expect(deliveryWords("http_503").what).toBe("the receiver fails (503)");
  expect(deliveryWords("http_422").what).toBe("the receiver refuses (422)");
  expect(deliveryWords("toString").what).toBe("toString");
});
