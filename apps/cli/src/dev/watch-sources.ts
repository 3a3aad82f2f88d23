/** Tells which processes a changed source file concerns. */
import { type FSWatcher, watch } from "node:fs";
import { join } from "node:path";

/** The processes that each source folder is part of, as the workspaces import each other. */
const PART_OF: Readonly<Record<string, readonly string[]>> = {
  "packages/contracts/src": ["sandbox", "worker", "api"],
  "packages/linkup/src": ["worker"],
  "packages/queue/src": ["worker", "api"],
  "apps/sandbox/src": ["sandbox"],
  "apps/worker/src": ["worker"],
  "apps/api/src": ["api"],
};

/** An editor saves in several steps, and a person several files. */
const SETTLE_MS = 200;

/** Calls `onChange` with the names of the processes whose sources changed. Answers what ends the watch. */
export function watchSources(root: string, onChange: (names: ReadonlySet<string>) => void): () => void {
  let changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const watchers: FSWatcher[] = Object.entries(PART_OF).map(([folder, names]) =>
    watch(join(root, folder), { recursive: true }, (_event, file) => {
      if (file === null || !/\.(ts|lua|json)$/.test(file) || file.endsWith(".test.ts")) return;
      for (const name of names) changed.add(name);
      clearTimeout(timer);
      timer = setTimeout(() => {
        const names = changed;
        changed = new Set();
        onChange(names);
      }, SETTLE_MS);
    }),
  );
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}
