/** `linkup restore`: a person's word on what may be sent, after Redis came back older than it was. */
import { providerHost } from "@linkup-queue/contracts";
import { DOUBTFUL, type Doubtful, type Engine, LOST_CAPS, type LostCaps } from "@linkup-queue/queue";
import { type Command, Option } from "commander";
import { WRITES, withEngine } from "../engine/with-engine.ts";
import { addCommand, reporting } from "../terminal/command.ts";
import type { ConsoleIo } from "../terminal/console-io.ts";
import { keyReport } from "./key.ts";

const SAID: Readonly<Record<Doubtful, string>> = {
  unknown: "Restored: what was handed over until now ends unknown (state_lost), what comes from now on leaves after one window.",
  send: "Restored: all that waits leaves after one window; what was sent in the time that is missing goes out a second time.",
};

const SAID_OF_CAPS: Readonly<Record<LostCaps, string>> = {
  used_up: "Caps and gaps of accounts count as used up until their windows are over; linkup restore --caps counted ends that.",
  counted: "Caps and gaps of accounts go by what is left of their counts.",
};

/** Adds `linkup restore`. */
export function addRestoreCommand(program: Command, io: ConsoleIo): void {
  addCommand(program, "restore", {
    summary: "After Redis came back older than it was, or empty: say what may be sent, and go on",
    details:
      "Until then nothing leaves. Of all that was handed over until now nobody knows whether it was sent, of campaigns that were made until now also recipients who are not in a queue yet. Have producers hand over again what is missing first: what comes afterwards is sent. Nobody knows either how much of its caps each account has used: they count as used up until their windows are over, at most 30 days. --caps counted says that what is missing is little, or was told by POST /v1/accounts/{id}/sent; it may also be said later.",
    examples: [
      ["restore", "nothing goes out twice: what may have been sent ends unknown"],
      ["restore --doubtful send", "nothing was sent in the time that is missing, or twice does no harm"],
      ["restore --caps counted", "accounts go by what is left of their counts"],
    ],
  })
    .addOption(new Option("--doubtful <what>", "what becomes of jobs that may have been sent").choices(DOUBTFUL).default("unknown"))
    .addOption(new Option("--caps <what>", "how the caps and gaps of accounts count").choices(LOST_CAPS).default("used_up"))
    .action(
      reporting(io, ({ doubtful, caps }: { doubtful: Doubtful; caps: LostCaps }) => {
        io.choice = caps === "used_up" ? doubtful : `${doubtful}, caps ${caps}`;
        const restore = async (engine: Engine, { baseUrl }: { baseUrl: string }) => {
          const { lost } = await engine.keys.read();
          const said = lost === null ? SAID_OF_CAPS[caps] : `${SAID[doubtful]} ${SAID_OF_CAPS[caps]}`;
          return keyReport(await engine.keys.restore(doubtful, { caps }), { provider: providerHost(baseUrl), said });
        };
        return withEngine(io, restore, WRITES);
      }),
    );
}
