/** `linkup completion`: a script that lets a shell complete commands, options and the values of closed lists. */
import { Argument, type Command } from "commander";
import { completionScript, SHELLS, type Shell } from "../completion/scripts.ts";
import { addCommand, reporting } from "../terminal/command.ts";
import type { ConsoleIo } from "../terminal/console-io.ts";
import { sentence } from "../terminal/report.ts";

/** Adds `linkup completion`. */
export function addCompletionCommand(program: Command, io: ConsoleIo): void {
  addCommand(program, "completion", {
    summary: "Print a script that lets your shell complete commands, options and their values",
    details:
      "It works for the word linkup: a link to the command on your path, or an alias such as linkup='npm run --silent linkup --'. All words are in the script, so print it again after an update.",
    examples: [
      ["completion bash >> ~/.bashrc", "bash"],
      ["completion zsh >> ~/.zshrc", "zsh"],
      ["completion fish > ~/.config/fish/completions/linkup.fish", "fish"],
    ],
  })
    .addArgument(new Argument("<shell>", "the shell that you type in").choices(SHELLS))
    .action(
      reporting(io, (shell: Shell) => {
        const script = completionScript(program, shell);
        return Promise.resolve(sentence(script.trimEnd(), { shell, script }));
      }),
    );
}
