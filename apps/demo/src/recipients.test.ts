/** The recipients file and the jobs made of it: people who differ, and the mix that the demo speaks of. */
import { checkJob } from "@linkup-queue/contracts";
import { expect, test } from "vitest";
import { jobsFor, readRecipients } from "./recipients.ts";

const accountIds = ["anna", "bea", "carl"];
const recipients = await readRecipients();
const valid = (job: { queue: string; operation: string; data: unknown }) =>
  checkJob({ queue: job.queue, name: job.operation, data: job.data }).ok;

test("the file holds 120 people: messages, invitations, scrapes, and a few rows that are wrong", () => {
  expect(recipients).toHaveLength(120);
  const jobs = jobsFor(recipients, { count: 120, accountIds });
  const counts = Map.groupBy(jobs.filter(valid), ({ operation }) => operation);
  expect([...counts.keys()].toSorted()).toEqual(["invitation.send", "message.send", "profile.scrape"]);
  for (const ofOperation of counts.values()) expect(ofOperation.length).toBeGreaterThan(30);
  expect(jobs.filter((job) => !valid(job))).toHaveLength(6);
});

test("a small run has wrong rows in it too", () => {
  expect(jobsFor(recipients, { count: 30, accountIds }).filter((job) => !valid(job))).toHaveLength(2);
});

test("however many jobs are asked for, no id comes twice and no two sends are alike", () => {
  const jobs = jobsFor(recipients, { count: 1_000, accountIds });
  expect(new Set(jobs.map(({ jobId }) => jobId)).size).toBe(1_000);
  const sends = jobs.filter((job) => valid(job) && job.operation !== "profile.scrape");
  expect(new Set(sends.map(({ operation, data }) => JSON.stringify([operation, data.input]))).size).toBe(sends.length);
  expect(sends.length).toBeGreaterThan(600);
});

test("every person is invented and lives at an address that says so", () => {
  const addresses = recipients.map(({ input }) => String(input["linkedin_url"] ?? "")).filter((url) => url.includes("linkedin.com"));
  expect(addresses.length).toBeGreaterThan(110);
  expect(addresses.filter((url) => !/^https:\/\/www\.linkedin\.com\/in\/[a-z-]+-sandbox$/.test(url))).toEqual([]);
});
