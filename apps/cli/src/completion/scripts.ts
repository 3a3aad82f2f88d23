/** The completion of the command line as a script for each shell. It asks nobody while somebody types: all words are in the script. */
import type { Command } from "commander";
import { type CompletedCommand, completedCommands } from "./words.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** The script for this shell. */
export function completionScript(program: Command, shell: Shell): string {
  const commands = completedCommands(program);
  if (shell === "fish") return fishScript(commands);
  const bash = bashScript(commands);
  return shell === "bash" ? bash : `autoload -Uz compinit bashcompinit\ncompinit\nbashcompinit\n${bash}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function bashScript(commands: readonly CompletedCommand[]): string {
  const paths = commands.flatMap(({ path }) => (path === "" ? [] : [quoted(path)]));
  const values = commands.flatMap(({ path, options }) =>
    options.flatMap(({ word, values: of }) => {
      if (of === null) return [];
      const words = of.length === 0 ? `compgen -f -- "$typed"` : `compgen -W ${quoted(of.join(" "))} -- "$typed"`;
      return [`    ${quoted(`${path} ${word}`.trim())}) COMPREPLY=($(${words})); return ;;`];
    }),
  );
  const words = commands.map(({ path, words: after, options }) => {
    const all = [...after, ...options].map(({ word }) => word).join(" ");
    return `    ${quoted(path)}) words=${quoted(all)} ;;`;
  });
  return `_linkup() {
  local typed before path at words
  typed="\${COMP_WORDS[COMP_CWORD]}"
  before="\${COMP_WORDS[COMP_CWORD-1]}"
  if [ "$typed" = = ]; then typed=""; elif [ "$before" = = ]; then before="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  path=""
  for ((at = 1; at < COMP_CWORD; at++)); do
    case "\${path:+$path }\${COMP_WORDS[at]}" in
    ${paths.join(" | ")}) path="\${path:+$path }\${COMP_WORDS[at]}" ;;
    esac
  done
  case "\${path:+$path }$before" in
${values.join("\n")}
  esac
  case "$path" in
${words.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$typed"))
}
complete -o default -F _linkup linkup
`;
}

function fishScript(commands: readonly CompletedCommand[]): string {
  const text = (words: string) => `'${words.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const lines = commands.flatMap(({ path, words, options }) => {
    const at = `complete -c linkup -n ${text(`__linkup_at "${path}"`)}`;
    return [
      ...words.map(({ word, does }) => `${at} -f -a ${word} -d ${text(does)}`),
      ...options.map(({ word, does, values }) => {
        const taken = values === null ? "" : values.length === 0 ? " -r" : ` -x -a ${text(values.join(" "))}`;
        return `${at} -l ${word.replace(/^--/, "")}${taken} -d ${text(does)}`;
      }),
    ];
  });
  return `set -g __linkup_paths ${commands.flatMap(({ path }) => (path === "" ? [] : [text(path)])).join(" ")}
function __linkup_at
  set -l path
  for word in (commandline -opc)[2..-1]
    set -l longer (string join -- ' ' $path $word)
    contains -- "$longer" $__linkup_paths; and set path $path $word
  end
  test "$path" = "$argv[1]"
end
${lines.join("\n")}
`;
}
