/** `linkup restore`: a person's word on what may be sent, after Redis came back older than it was. */
import { providerHost } from "@linkup-queue/contracts";
import { DOUBTFUL, type Doubtful } from "@linkup-queue/queue";
import { type Command, Option } from "commander";
import { WRITES, withEngine } from "../engine/with-engine.ts";
import { addCommand, reporting } from "../terminal/command.ts";
import type { ConsoleIo } from "../terminal/console-io.ts";
import { keyReport } from "./key.ts";

const SAID: Readonly<Record<Doubtful, string>> = {
  unknown: "Restored: what was handed over until now ends unknown (state_lost), what comes from now on leaves after one window.",
  send: "Restored: all that waits leaves after one window; what was sent in the time that is missing goes out a second time.",
};

/** Adds `linkup restore`. */
export function addRestoreCommand(program: Command, io: ConsoleIo): void {
  addCommand(program, "restore", {
    summary: "After Redis came back older than it was, or empty: say what may be sent, and go on",
    details:
      "Until then nothing leaves. Of all that was handed over until now nobody knows whether it was sent, of campaigns that were made until now also recipients who are not in a queue yet. Have producers hand over again what is missing first: what comes afterwards is sent.",
    examples: [
      ["restore", "nothing goes out twice: what may have been sent ends unknown"],
      ["restore --doubtful send", "nothing was sent in the time that is missing, or twice does no harm"],
    ],
  })
    .addOption(new Option("--doubtful <what>", "what becomes of jobs that may have been sent").choices(DOUBTFUL).default("unknown"))
    .action(
      reporting(io, ({ doubtful }: { doubtful: Doubtful }) => {
        io.choice = doubtful;
        return withEngine(
          io,
          async (engine, { baseUrl }) =>
            keyReport(await engine.keys.restore(doubtful), { provider: providerHost(baseUrl), said: SAID[doubtful] }),
          WRITES,
        );
      }),
    );
}
