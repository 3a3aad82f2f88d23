/**
 * Bull Board's express adapter, held to this api's rules: its page asks nothing of other servers and shows no button that is always refused,
 * its answers have a time limit, and its errors are ours. Who may call is decided before it is reached.
 */
import { readFileSync } from "node:fs";
import { ExpressAdapter } from "@bull-board/express";
import { type ErrorCode, LinkupError } from "@linkup-queue/contracts";
import { toLinkupError } from "../http/api-error.ts";
import { HTTP_STATUS } from "../http/http-status.ts";

type EntryRoute = Parameters<ExpressAdapter["setEntryRoute"]>[0];
type ApiRoutes = Parameters<ExpressAdapter["setApiRoutes"]>[0];
type ErrorHandler = Parameters<ExpressAdapter["setErrorHandler"]>[0];

/** The page's link to a font of Google's; the board falls back to the system's. */
const FOREIGN_LINK = /<link[^>]+href="https?:\/\/[^>]*>/g;

/** The style that hides what is always refused; from here, as the page's policy asks. */
const STYLE_PATH = "static/linkup.css";
const STYLE_LINK = `<link href="${STYLE_PATH}" rel="stylesheet"></head>`;

export type BoardError = { error: { key: string; code: ErrorCode; message: string }; message: string };

/** An error as the board's page and machines both read it. */
export function boardError({ code, message }: LinkupError): BoardError {
  const key = HTTP_STATUS[code] >= 500 ? "ERRORS.INTERNAL_SERVER_ERROR" : "ERRORS.FORBIDDEN";
  return { error: { key, code, message }, message };
}

/** Bounds a wait for Redis. */
type AskRedis = <T>(ask: () => Promise<T>) => Promise<T>;

export class BoardAdapter extends ExpressAdapter {
  readonly #askRedis: AskRedis;
  readonly #onError: (error: unknown) => void;

  constructor(askRedis: AskRedis, onError: (error: unknown) => void) {
    super();
    this.#askRedis = askRedis;
    this.#onError = onError;
    this.app.disable("x-powered-by");
    const style = readFileSync(new URL("./board.css", import.meta.url), "utf8");
    this.app.get(`/${STYLE_PATH}`, (_request, response) => {
      response.setHeader("cache-control", "no-cache");
      response.type("css").send(style);
    });
  }

  override setEntryRoute(route: EntryRoute): ExpressAdapter {
    this.app[route.method](route.route, (_request, response, next) => {
      const { name, params } = route.handler({ basePath: this.basePath, uiConfig: this.uiConfig });
      response.render(name, params, (error: Error | null, html: string) => {
        if (error !== null) return next(error);
        response.setHeader("cache-control", "no-store");
        response.type("html").send(html.replaceAll(FOREIGN_LINK, "").replace("</head>", STYLE_LINK));
      });
    });
    return this;
  }

  override setApiRoutes(routes: ApiRoutes): ExpressAdapter {
    return super.setApiRoutes(
      routes.map((route) => ({
        ...route,
        handler: (request) => this.#askRedis(async () => await route.handler(request)),
      })),
    );
  }

  /** Bull Board's own would show what any library threw. */
  override setErrorHandler(_handler: ErrorHandler): this {
    return super.setErrorHandler((thrown) => {
      const error = toLinkupError(thrown);
      const status = HTTP_STATUS[error.code];
      if (status >= 500) this.#onError(thrown);
      const shown =
        status >= 500 && status !== 503 ? new LinkupError("internal_error", "Something went wrong; the api's log says what") : error;
      return { status, body: boardError(shown) } as ReturnType<ErrorHandler>;
    });
  }
}
