/**
 * `/board`: Bull Board over every queue, for people. Readers get a read-only one, admins one whose retry and remove go through the ledger.
 * No request reaches it unasked for a name, and no answer of its API leaves unredacted.
 */
import { createBullBoard } from "@bull-board/api";
import { LinkupError } from "@linkup-queue/contracts";
import { BOARD_QUEUES, type BoardQueue, BoardQueues } from "@linkup-queue/queue";
import type { RequestHandler, Response, Router as RouterType } from "express";
import { Router } from "express";
import { type Authentication, includesRole } from "../callers/authenticate.ts";
import { callerAddress } from "../callers/caller-address.ts";
import type { ApiContext } from "../http/api-context.ts";
import { toLinkupError } from "../http/api-error.ts";
import { HTTP_STATUS } from "../http/http-status.ts";
import { knownOf } from "../http/request-log.ts";
import { closeLater } from "../http/send-answer.ts";
import { type ActionParts, type BoardAction, carryOut, readAction } from "./board-actions.ts";
import { BoardAdapter, boardError } from "./board-adapter.ts";
import { askName, boundedPages, onlyAdminsFromHere, onlyReads } from "./board-guard.ts";
import { BOARD_PATH } from "./board-path.ts";
import { QueueAdapter } from "./queue-adapter.ts";
import { showJobs } from "./show-jobs.ts";

/** The description beside each queue, in groups by its first word. */
const SHOWN: Readonly<Record<BoardQueue, { displayName: string; description: string }>> = {
  messages: { displayName: "calls: messages", description: "Messages and inboxes. Parked jobs are among the delayed ones" },
  network: {
    displayName: "calls: network",
    description: "Invitations, connections, recommendations. Parked jobs are among the delayed ones",
  },
  profiles: { displayName: "calls: profiles", description: "Profiles, companies, searches. Parked jobs are among the delayed ones" },
  posts: { displayName: "calls: posts", description: "Posts, comments, reactions. Parked jobs are among the delayed ones" },
  auth: { displayName: "accounts: auth", description: "Log-ins and verifications, made by the accounts' states" },
  results: { displayName: "outcomes: results", description: "One outcome for each ended job, for its consumers" },
  campaigns: {
    displayName: "campaigns: feeding",
    description: "One job that puts recipients into the calls queues; delayed while nothing is due",
  },
  schedules: { displayName: "schedules: ticks", description: "Ticks of the schedules; each adds its job to a calls queue" },
};

export type Board = {
  router: RouterType;
  close(): Promise<void>;
};

export type BoardParts = { context: ApiContext; authentication: Authentication };

/** Builds the board on the engine's connection; `close` before the connection ends. */
export function createBoard({ context, authentication }: BoardParts): Board {
  const { engine, settings } = context;
  const { scripts, config } = engine;
  const queues = new BoardQueues(scripts.client, config.keyId);
  const { views, cancels, redrives } = context.jobs;
  const secrets = [...settings.tokens.map(({ secret }) => secret), ...secretsKeysOf(settings)];
  const boards = {
    readers: bullBoard(context, { queues, secrets, admin: false }),
    admins: bullBoard(context, { queues, secrets, admin: true }),
  };

  const steps = Router({ caseSensitive: true });
  steps.use(
    noteRequest(context),
    askName(authentication),
    onlyAdminsFromHere,
    boundedPages,
    act(context, { views, cancels, redrives, queues }),
  );
  steps.use((request, response, next) => {
    const { caller } = knownOf(response);
    const board = caller !== null && includesRole(caller.role, "admin") ? boards.admins : boards.readers;
    board(request, response, next);
  });
  const router = Router({ caseSensitive: true });
  router.use(BOARD_PATH, (request, response, next) => {
    // Requests that nothing took, and errors that any step threw, end here.
    steps(request, response, (thrown: unknown) => (response.headersSent ? next(thrown) : refuse(context, response, thrown)));
  });
  return { router, close: () => queues.close() };
}

function secretsKeysOf({ secretsKey, secretsKeyOld }: ApiContext["settings"]): string[] {
  return [secretsKey, ...(secretsKeyOld === null ? [] : [secretsKeyOld])].map((key) => Buffer.from(key).toString("base64"));
}

type BoardOf = { queues: BoardQueues; secrets: readonly string[]; admin: boolean };

function bullBoard({ engine, redis, jobs, limits, trouble, settings }: ApiContext, { queues, secrets, admin }: BoardOf): RequestHandler {
  const serverAdapter = new BoardAdapter(
    (ask) => redis.within(ask, limits.redisMs),
    (error) => trouble.see(error, "the board failed to answer"),
  );
  serverAdapter.setBasePath(BOARD_PATH);
  createBullBoard({
    queues: BOARD_QUEUES.map((name) => {
      return new QueueAdapter({ queues, name, rateLimit: settings.rateLimit, ...SHOWN[name], readOnlyMode: !admin, allowRetries: admin });
    }),
    serverAdapter,
    options: {
      handlerHooks: { after: showJobs({ views: jobs.views, accounts: engine.accounts, secrets }) },
      uiConfig: {
        boardTitle: "linkup-queue",
        sortQueues: false,
        // Each poll would ask Redis for the list of all its clients.
        showWorkers: false,
        hideRedisDetails: true,
        hideDocsLink: true,
        miscLinks: [{ text: "HTTP API", url: "/docs" }],
        environment: {
          label: admin ? `${settings.keyId}: admin` : `${settings.keyId}: read-only`,
          color: admin ? "#7a3e00" : "#2f4858",
          textColor: "#ffffff",
        },
      },
    },
  });
  return serverAdapter.getRouter() as RequestHandler;
}

/** The request as the log and the metrics show it: never its query. */
function noteRequest({ metrics }: ApiContext): RequestHandler {
  return (request, response, next) => {
    const startedMs = performance.now();
    knownOf(response).path = `${BOARD_PATH}${request.path}`.slice(0, 300);
    response.once("close", () => {
      const seconds = (performance.now() - startedMs) / 1000;
      metrics.answered({ method: request.method.toLowerCase(), path: BOARD_PATH, status: response.statusCode, seconds });
    });
    next();
  };
}

/** Does what an admin asks for, and writes down who asked for what and what came of it. */
function act({ engine, redis, log, limits, audit }: ApiContext, parts: ActionParts): RequestHandler {
  return async (request, response, next) => {
    if (onlyReads(request.method)) return next();
    const action = readAction(request.method, request.path);
    const line = { caller: knownOf(response).caller?.name, ...asLogged(action) };
    try {
      const work = () =>
        engine.confirmed(
          () => carryOut(action, parts),
          ({ kind }) => kind === "pass",
        );
      const answer = await redis.within(work, limits.redisMs);
      log.info(line, "board action");
      await audit.note({ ...auditedAs(action), by: knownOf(response).caller?.name ?? "", via: "board", from: callerAddress(request) });
      if (answer.kind === "pass") return next();
      response.setHeader("cache-control", "no-store");
      response.status(200).json(answer.body);
    } catch (thrown) {
      log.info({ ...line, refused: toLinkupError(thrown).code }, "board action");
      throw thrown;
    }
  };
}

/** An action in the audit list; one that was refused is never there. */
function auditedAs(action: BoardAction): { what: string; target: string; status: string } {
  if (action.kind === "refused") return { what: action.action, target: "", status: "405" };
  const target = "jobId" in action ? action.jobId : "";
  return { what: `${action.kind} ${action.queue ?? "all queues"}`, target, status: "200" };
}

function asLogged(action: BoardAction): object {
  switch (action.kind) {
    case "retry":
    case "remove":
      return { action: action.kind, queue: action.queue, jobId: action.jobId };
    case "pause":
    case "resume":
      return { action: action.kind, queue: action.queue ?? "all" };
    case "refused":
      return { action: action.action };
  }
}

/** Answers an error in the form that the board's page shows to its person. */
function refuse({ trouble, limits }: ApiContext, response: Response, thrown: unknown): void {
  const error =
    thrown === undefined || thrown === null ? new LinkupError("not_found", "There is no such page on the board") : toLinkupError(thrown);
  const status = HTTP_STATUS[error.code];
  if (status >= 500) trouble.see(thrown, "the board failed to answer");
  if (status === 405) response.setHeader("allow", "GET, HEAD");
  if (status === 503) response.setHeader("retry-after", "5");
  const hidden = new LinkupError("internal_error", "Something went wrong; the api's log says what");
  closeLater(response, limits);
  response.setHeader("cache-control", "no-store");
  response.status(status).json(boardError(status === 500 ? hidden : error));
}
