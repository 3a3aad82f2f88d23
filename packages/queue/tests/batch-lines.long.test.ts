/** Lists that are sent again, with many more random ones than batch-lines.test.ts takes the time for. */
process.env["TEST_RUNS"] = "many";
await import("./batch-lines.test.ts");
