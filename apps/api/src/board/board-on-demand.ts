/** The board, loaded when somebody first opens it: what makes its pages takes 6 MB, of no use to a process that only accepts jobs. */
import { Router } from "express";
import type { Board, BoardParts } from "./board.ts";
import { BOARD_PATH } from "./board-path.ts";

/** A board that opens itself at the first request for it. */
export function boardOnDemand(parts: BoardParts): Board {
  let board: Promise<Board> | null = null;
  const router = Router({ caseSensitive: true });
  router.use((request, response, next) => {
    if (request.path !== BOARD_PATH && !request.path.startsWith(`${BOARD_PATH}/`)) return next();
    board ??= import("./board.ts").then(({ createBoard }) => createBoard(parts));
    board.then((opened) => opened.router(request, response, next), next);
  });
  return { router, close: async () => await (await board)?.close() };
}
