/** `linkup board`: where the job board is. It asks nobody: the settings know. */
import { parseCliSettings } from "@linkup-queue/contracts";
import type { Command } from "commander";
import { addCommand, reporting } from "../terminal/command.ts";
import type { ConsoleIo } from "../terminal/console-io.ts";
import { type Report, sentence } from "../terminal/report.ts";

const EVERYWHERE = ["0.0.0.0", "::"];

/** The api's address as a browser on this machine can open it. */
export function apiAddress(host: string, port: number): string {
  const reachable = EVERYWHERE.includes(host) ? "127.0.0.1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}

/** Adds `linkup board`. */
export function addBoardCommand(program: Command, io: ConsoleIo): void {
  addCommand(program, "board", {
    summary: "Print the address of the job board",
    details: "The board asks for a name and a secret of API_TOKENS; viewers read, admins act.",
    examples: [["board", "http://127.0.0.1:3000/board"]],
  }).action(
    reporting(io, async (): Promise<Report> => {
      const { apiHost, apiPort } = parseCliSettings(io.environment());
      const url = `${apiAddress(apiHost, apiPort)}/board`;
      return sentence(url, { url });
    }),
  );
}
