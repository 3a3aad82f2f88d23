/** The words that can be typed, as data: each command with the words that may follow it, and the values of its options. */
import type { Command, Option } from "commander";

export type Word = { word: string; does: string };
/** `values`: the closed list that it takes; empty for any value; null for an option that takes none. */
export type CompletedOption = Word & { values: readonly string[] | null };
/** `path`: the command's words without the program's; empty for the program itself. */
export type CompletedCommand = { path: string; words: readonly Word[]; options: readonly CompletedOption[] };

/** The program and every command below it. */
export function completedCommands(program: Command): CompletedCommand[] {
  const everywhere = program.options.filter(({ long }) => long === "--settings");
  const below = (command: Command, path: string): CompletedCommand[] => [
    completedCommand(command, path, everywhere),
    ...command.commands.flatMap((child) => below(child, `${path} ${child.name()}`.trim())),
  ];
  return below(program, "");
}

function completedCommand(command: Command, path: string, everywhere: readonly Option[]): CompletedCommand {
  const children = command.commands.map((child) => ({ word: child.name(), does: child.summary() }));
  const choices = command.registeredArguments.flatMap(({ argChoices, description }) =>
    (argChoices ?? []).map((word) => ({ word, does: description })),
  );
  const options = [...new Set([...command.options, ...everywhere])].map(completedOption);
  return {
    path,
    words: [...children, ...choices],
    options: [...options, { word: "--help", does: "display help for command", values: null }],
  };
}

function completedOption({ long, description, required, optional, argChoices }: Option): CompletedOption {
  return { word: long ?? "", does: description, values: required || optional ? (argChoices ?? []) : null };
}
