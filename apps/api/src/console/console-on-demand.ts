/** The console, loaded when somebody first opens it; and the way there for browsers that ask for nothing else. */
import type { Router as RouterType } from "express";
import { Router } from "express";
import type { ConsoleParts } from "./console.ts";
import { CONSOLE_PATH } from "./console-path.ts";

/** A console that opens itself at the first request for it. */
export function consoleOnDemand(parts: ConsoleParts): RouterType {
  let opened: Promise<RouterType> | null = null;
  const router = Router({ caseSensitive: true });
  router.get("/", (request, response, next) => {
    // A program that takes anything is told that there is no such path.
    if (request.headers.accept?.includes("text/html") !== true) return next();
    response.redirect(302, CONSOLE_PATH);
  });
  router.use((request, response, next) => {
    if (request.path !== CONSOLE_PATH && !request.path.startsWith(`${CONSOLE_PATH}/`)) return next();
    opened ??= import("./console.ts").then(({ createConsole }) => createConsole(parts));
    opened.then(
      (console) => console(request, response, next),
      (error: unknown) => {
        // The next request tries again.
        opened = null;
        next(error);
      },
    );
  });
  return router;
}
