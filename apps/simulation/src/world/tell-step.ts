/** The step that comes next on a connection, in words: for people, and for faults that are aimed at its kind. */
import type { SimRedis } from "../machine/sim-redis.ts";
import { TAG } from "./names.ts";

/** The kind of the step that comes next on a connection, as faults are aimed at. */
export function kindOf({ asked: [first] }: SimRedis): string {
  const [command] = first?.commands ?? [];
  if (command === undefined) return "";
  if (command.name === "eval" || command.name === "evalsha") return "bullmq";
  return command.name === "fcall" ? (/^linkup_(\w+)_[0-9a-f]+$/.exec(String(command.args[0] ?? ""))?.[1] ?? "") : command.name;
}

/** `names`: of jobs, by their digests. */
export function tellStep({ asked: [first] }: SimRedis, names: ReadonlyMap<string, string>): string {
  const commands = first?.commands ?? [];
  return commands
    .map(({ name, args }) => {
      if (name === "fcall") {
        const script = String(args[0] ?? "").replace(/^linkup_[0-9a-f]+_/, "");
        const text = args.map(String).find((one) => one.startsWith('{"')) ?? "";
        const job = names.get(/"digest":"([^"]+)"/.exec(text)?.[1] ?? "") ?? /"id":"([^"]+)"/.exec(text)?.[1] ?? "";
        return `${script} ${job}`;
      }
      if (name === "eval" || name === "evalsha") return `bullmq ${String(args[2]).replace(TAG, "")}`;
      return `${name} ${args.slice(0, 2).map(String).join(" ").replace(TAG, "").slice(0, 60)}`;
    })
    .join("; ");
}
