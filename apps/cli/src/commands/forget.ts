/** `linkup forget`: a person who asked to be forgotten, in schedules, recipients, jobs, outcomes and archive. */
import { forgetEverywhere } from "@linkup-queue/campaign-streams";
import { LinkupError, personKey } from "@linkup-queue/contracts";
import type { Command } from "commander";
import { openArchiveOf } from "../campaign/write-results.ts";
import { WRITES, withEngine } from "../engine/with-engine.ts";
import { askWhetherToGoOn } from "../terminal/ask.ts";
import { addCommand, reporting } from "../terminal/command.ts";
import type { ConsoleIo } from "../terminal/console-io.ts";
import type { Report, Section } from "../terminal/report.ts";

async function forget(io: ConsoleIo, person: string, yes: boolean): Promise<Report> {
  const question = "Forget this person for good? Jobs about them that wait end cancelled, and what is kept of them can't be brought back.";
  if (!yes && !(await askWhetherToGoOn(io, question))) throw new LinkupError("interrupted", "Nothing was changed");
  return await withEngine(
    io,
    async (engine, settings) => {
      const archive = await openArchiveOf(settings);
      try {
        const forgotten = await forgetEverywhere({ engine, archive }, person);
        const { schedules, recipients, jobs, outcomes, results, archived } = forgotten;
        const rows: [string, number][] = [
          ["schedules", schedules],
          ["recipients", recipients],
          ["jobs that ended cancelled", jobs.cancelled],
          ["jobs that were over", jobs.erased],
          ["calls in flight", jobs.inFlight],
          ["outcomes", outcomes],
          ["results", results],
          ["archived", archived],
        ];
        const again: Section[] =
          jobs.inFlight === 0 ? [] : [{ kind: "line", text: "Calls about them are out: forget them again in a few minutes", tone: "warn" }];
        return { json: forgotten, sections: [{ kind: "facts", rows }, ...again] };
      } finally {
        await archive?.close();
      }
    },
    WRITES,
  );
}

/** Adds `linkup forget`. */
export function addForgetCommand(program: Command, io: ConsoleIo): void {
  addCommand(program, "forget", {
    summary: "Forget a person: in schedules, recipients, jobs, outcomes and archive",
    details:
      "All of Redis is looked through. What jobs cost and how they ended stays, and so does an entry of the list of those who are not to be contacted, which names nobody. Asking again is safe.",
    examples: [["forget linkedin.com/in/ada-lovelace", "after a question"]],
  })
    .argument("<person>", "an address in any spelling, or a profile id: ask for each by which jobs may name them", (text: string) =>
      personKey(text),
    )
    .option("--yes", "ask nothing")
    .action(reporting(io, (person: string, { yes }: { yes?: true }) => forget(io, person, yes === true)));
}
