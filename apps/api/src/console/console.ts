/**
 * `/console`: pages for the people who run this. Server-rendered; reading and the stop switch work without a script. Whoever comes is asked for a
 * session first, every change for its token and for having come from a page of ours, and each change runs as the HTTP api's own route.
 */
import { LinkupError } from "@linkup-queue/contracts";
import type { NextFunction, Request, RequestHandler, Response, Router as RouterType } from "express";
import { Router } from "express";
import { type Authentication, type Caller, includesRole } from "../callers/authenticate.ts";
import { callerAddress } from "../callers/caller-address.ts";
import type { ApiContext } from "../http/api-context.ts";
import { toLinkupError } from "../http/api-error.ts";
import { HTTP_STATUS } from "../http/http-status.ts";
import { knownOf } from "../http/request-log.ts";
import type { Route } from "../http/route.ts";
import { closeLater } from "../http/send-answer.ts";
import { CONSOLE_PATH } from "./console-path.ts";
import { ConsoleStream } from "./console-stream.ts";
import { Actions } from "./do-action.ts";
import { backOf, fieldsOf, formOf, fromHere, queryOf, withSaid } from "./forms.ts";
import { type ActionName, isAction } from "./frame/actions.ts";
import type { ConsolePage, PageCall, Viewer } from "./frame/console-page.ts";
import { doBulk } from "./frame/do-bulk.ts";
import { type Html, html, markup, textOf } from "./frame/html.ts";
import { frame, headerOf, headerWithoutState } from "./frame/layout.ts";
import { NowReader } from "./frame/now-reader.ts";
import { BULK_CHANGES, isBulk } from "./pages/bulk.ts";
import { LIST_PAGE, listBody } from "./pages/import-list.ts";
import { aboutPerson, isAboutPerson, PEOPLE_PAGE } from "./pages/people.ts";
import { signInPage } from "./pages/sign-in.ts";
import { PAGES } from "./routes.ts";
import { sendList } from "./send-list.ts";
import { sendHistory } from "./send-table.ts";
import { isSame, type Session, Sessions } from "./session.ts";
import { SharedPages } from "./shared-pages.ts";
import { staticFile } from "./static-files.ts";
import { takeList } from "./take-list.ts";
import { tryForm } from "./try-form.ts";

export type ConsoleParts = {
  context: ApiContext;
  authentication: Authentication;
  /** The HTTP api's table, by which changes are made. */
  routes: readonly Route[];
};

/** Everything comes from here, and no script or style is inline. */
const POLICY = [
  "default-src 'none'",
  "base-uri 'none'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "img-src 'self' data:",
  "script-src 'self'",
  "style-src 'self'",
].join("; ");

/** The page is shown without the key's state when that takes longer, ms. */
const HEADER_MS = 2_000;

/** A form that anybody may send is much shorter. */
const MOST_FORM_BYTES = 16 * 1024;
/** A text of 8,000 characters, each written as up to nine, and a thousand senders. */
const MOST_ACTION_BYTES = 256 * 1024;

/** A list holds its longest line and three chunks, however long it is. */
const MOST_LIST_BYTES = 4 * 1024 * 1024;

type Signed = { session: Session; viewer: Viewer };

/** Builds the console's router. Nothing is read before somebody comes. */
export function createConsole({ context, authentication, routes }: ConsoleParts): RouterType {
  const { settings } = context;
  const sessions = new Sessions(settings);
  const reader = new NowReader(context);
  const shared = new SharedPages();
  const forget = () => {
    reader.forget();
    shared.forget();
  };
  const actions = new Actions(context, routes);
  const viewerOf = (caller: Caller, csrf: string | null): Viewer => ({
    caller,
    csrf,
    has: (role) => includesRole(caller.role, role),
    may: (action) => actions.may(caller, action),
  });
  const stream = new ConsoleStream({ context, reader, viewerOf: (caller) => viewerOf(caller, null) });

  const shown = async (response: Response, status: number, page: Omit<Parameters<typeof frame>[0], "context" | "menu" | "header">) => {
    const { viewer } = page;
    const menu = PAGES.filter((one) => one.menu !== null && viewer !== null && includesRole(viewer.caller.role, one.role));
    // A page that tells of trouble is shown though Redis may be the trouble.
    const header =
      viewer === null
        ? null
        : await context.redis
            .within(() => reader.header(), Math.min(HEADER_MS, context.limits.redisMs))
            .then(
              (now) => headerOf(context, viewer, now),
              () => headerWithoutState(viewer),
            );
    const text = await textOf(frame({ context, menu, header, ...page }));
    closeLater(response, context.limits);
    response.setHeader("cache-control", "no-store");
    response.status(status).type("html").send(text);
  };

  const signed = (request: Request, response: Response): Signed | null => {
    const session = sessions.read(request.headers.cookie);
    if (session === null) return null;
    knownOf(response).caller = session.caller;
    return { session, viewer: viewerOf(session.caller, session.csrf) };
  };

  const router = Router({ caseSensitive: true, strict: false });
  router.use(noteRequest(context));

  router.get("/files/:name", (request, response, next) => {
    const file = staticFile(String(request.params["name"]));
    if (file === null) return next();
    response.setHeader("cache-control", "private, max-age=300");
    response.setHeader("etag", file.tag);
    if (request.headers["if-none-match"] === file.tag) return void response.status(304).end();
    response.setHeader("content-type", file.type);
    response.end(file.content);
  });

  router.get("/sign-in", async (request, response) => {
    await shown(response, 200, signInFrame({ back: backOf(request.query["back"]), name: "", problem: "" }));
  });
  const form = formOf(context.limits, MOST_FORM_BYTES);
  router.post("/sign-in", fromHere, form, async (request, response) => {
    const { name, secret, back } = fieldsOf(request);
    const identified = authentication.bySecret({ name: name ?? "", secret: secret ?? "" }, callerAddress(request));
    if (!identified.known) {
      const status = HTTP_STATUS[identified.error.code];
      if (identified.retryAfterSeconds !== null) response.setHeader("retry-after", String(identified.retryAfterSeconds));
      const problem = identified.retryAfterSeconds === null ? "No token has this name and secret." : identified.error.message;
      return await shown(response, status, signInFrame({ back: backOf(back), name: name ?? "", problem }));
    }
    knownOf(response).caller = identified.caller;
    response.setHeader("set-cookie", sessions.begin(identified.caller, { secure: request.secure }));
    response.redirect(303, backOf(back));
  });

  router.get("/stream", (request, response, next) => {
    const known = signed(request, response);
    if (known === null) return next(new LinkupError("unauthorized", "The session is over; sign in again"));
    stream.open(request, response, known.session);
  });

  // The api's own /metrics asks for a bearer token, which no browser sends.
  router.get("/metrics", async (request, response) => {
    if (signed(request, response) === null) throw new LinkupError("unauthorized", "The session is over; sign in again");
    response.setHeader("cache-control", "no-store");
    response.type("text/plain").send(await context.metrics.text(context.engine, context.redis));
  });

  // As the HTTP api's own export, for whoever has a session and no bearer token.
  router.get("/campaigns/:id/results.csv", async (request, response) => {
    const known = signed(request, response);
    if (known === null) throw new LinkupError("unauthorized", "The session is over; sign in again");
    const { id } = request.params;
    response.attachment(`campaign-${id}.csv`);
    await actions.run("export-campaign", { caller: known.session.caller, fields: { id }, request, response });
  });

  router.post("/sign-out", fromHere, form, (request, response) => {
    mustBeOurs(request, signed(request, response));
    response.setHeader("set-cookie", sessions.end({ secure: request.secure }));
    response.redirect(303, `${CONSOLE_PATH}/sign-in`);
  });

  /** A long form is read of somebody who is signed in alone. */
  const fromKnown: RequestHandler = (request, response, next) => {
    if (signed(request, response) !== null) return next();
    next(new LinkupError("unauthorized", "The session is over; sign in again"));
  };
  const longForm = formOf(context.limits, MOST_ACTION_BYTES);
  router.post("/do/add-recipients", fromHere, fromKnown, context.bodies.handler(MOST_LIST_BYTES), longForm, async (request, response) => {
    const known = mustBeOurs(request, signed(request, response));
    const fields = { ...queryOf(request), ...fieldsOf(request) };
    const taken = await takeList(actions, { caller: known.session.caller, fields, request, response });
    forget();
    const body = await listBody({ context, viewer: known.viewer, params: { id: fields["id"] ?? "" } }, taken);
    await shown(response, 200, { viewer: known.viewer, title: LIST_PAGE.title, page: LIST_PAGE, said: "", body });
  });
  router.post("/do/:action", fromHere, fromKnown, longForm, async (request, response) => {
    const known = mustBeOurs(request, signed(request, response));
    const action = String(request.params["action"]);
    if (!isAction(action)) throw new LinkupError("not_found", "There is no such action");
    const fields = fieldsOf(request);
    const run = (one: ActionName, asked: typeof fields) =>
      actions.run(one, { caller: known.session.caller, fields: asked, request, response });
    if (action === "download-person") return await sendHistory((asked) => run(action, asked), { fields, response, context });
    if (isAboutPerson(action)) {
      const { status, body } = await aboutPerson(action, { fields, viewer: known.viewer, context, run });
      if (action !== "find-person") forget();
      const page = PEOPLE_PAGE;
      return await shown(response, status, { viewer: known.viewer, title: page.title, page, said: "", body });
    }
    if (isBulk(action)) {
      const done = await doBulk((asked) => run(action, asked), { fields });
      forget();
      const { page, tell } = BULK_CHANGES[action];
      const body = tell(done, { fields, viewer: known.viewer });
      return await shown(response, 200, { viewer: known.viewer, title: page.title, page, said: "", body });
    }
    // Reading has a page of its own, or none.
    if (actions.routeOf(action).method === "get") throw new LinkupError("not_found", "There is no such action");
    const refused = await tryForm(action, { fields, viewer: known.viewer, context, run: (asked) => run(action, asked) });
    if (refused !== null) {
      const { status, page, body } = refused;
      return await shown(response, status, { viewer: known.viewer, title: page.title, page, said: "", body });
    }
    forget();
    response.redirect(303, withSaid(backOf(fields["back"]), action));
  });

  const callOf = (request: Request, viewer: Viewer): PageCall => {
    const { said: _said, ...query } = queryOf(request);
    const search = new URLSearchParams(query).toString();
    const here = `${CONSOLE_PATH}${request.path === "/" ? "" : request.path}${search === "" ? "" : `?${search}`}`;
    return { context, viewer, reader, params: request.params as Record<string, string>, query, here };
  };
  for (const page of PAGES) {
    const { table } = page;
    const isFor = ({ viewer }: Signed) => includesRole(viewer.caller.role, page.role);
    if (table !== undefined)
      router.get(`${belowConsole(page)}.csv`, async (request, response) => {
        const known = signed(request, response);
        if (known === null) throw new LinkupError("unauthorized", "The session is over; sign in again");
        if (!isFor(known)) throw new LinkupError("not_found", "There is no such page");
        await sendList(table, { call: callOf(request, known.viewer), response, context });
      });
    router.get(belowConsole(page), async (request, response) => {
      const known = signed(request, response);
      if (known === null) return response.redirect(303, `${CONSOLE_PATH}/sign-in?back=${encodeURIComponent(backOf(request.originalUrl))}`);
      if (!isFor(known)) throw new LinkupError("not_found", "There is no such page");
      const { said = "" } = queryOf(request);
      const call = callOf(request, known.viewer);
      const { here } = call;
      const render = (viewer: Viewer) => context.redis.within(() => page.render({ ...call, viewer }), context.limits.redisMs);
      const { caller } = known.session;
      // Asked for by the script of a page that is open: as many as look at it ask in the same moment.
      const isReload = page.follows === "reload" && request.headers["hx-request"] === "true";
      const body = isReload
        ? markup(await shared.read(`${caller.role} ${here}`, async () => textOf(await render(viewerOf({ ...caller, name: "" }, null)))))
        : await render(known.viewer);
      await shown(response, 200, { viewer: known.viewer, title: page.title, page, said, body });
    });
  }

  const steps = Router({ caseSensitive: true });
  steps.use(CONSOLE_PATH, (request, response, next) => {
    response.setHeader("content-security-policy", POLICY);
    response.setHeader("referrer-policy", "same-origin");
    response.once("finish", () => closeLater(response, context.limits));
    router(request, response, (thrown: unknown) => {
      refuse(thrown, { request, response, next }).catch(next);
    });
  });

  async function refuse(thrown: unknown, { request, response, next }: { request: Request; response: Response; next: NextFunction }) {
    if (response.headersSent) return next(thrown);
    // A page takes the place of the file that was to come.
    response.removeHeader("content-disposition");
    const error = thrown === undefined || thrown === null ? new LinkupError("not_found", "There is no such page") : toLinkupError(thrown);
    const status = HTTP_STATUS[error.code];
    if (status >= 500) context.trouble.see(thrown, "the console failed to answer");
    if (status === 503) response.setHeader("retry-after", "5");
    const viewer = signed(request, response)?.viewer ?? null;
    const body = problem(status === 500 ? "Something went wrong; the api's log says what." : error.message, error.issues ?? [], viewer);
    await shown(response, status, { viewer, title: "Not done", page: null, said: "", body });
  }
  return steps;
}

function signInFrame(parts: Parameters<typeof signInPage>[0]) {
  return { viewer: null, title: "Sign in", page: null, said: "", body: signInPage(parts) };
}

function problem(message: string, issues: readonly { path: string; message: string }[], viewer: Viewer | null): Html {
  return html`<h1>That was not done</h1><p class="problem" role="alert">${message}</p>
${issues.length === 0 ? null : html`<ul>${issues.map(({ path, message: said }) => html`<li>${path} ${said}</li>`)}</ul>`}
<p>${viewer === null ? html`<a href="/console/sign-in">Sign in</a>` : html`<a href="/console">To the first page</a>`}</p>`;
}

/** A page's path below the console's, as express reads it. */
function belowConsole({ path }: ConsolePage): string {
  return path.slice(CONSOLE_PATH.length).replaceAll(/\{(\w+)\}/g, ":$1") || "/";
}

/** The session, if the request carries its token, too. Throws `unauthorized`, `forbidden`. */
function mustBeOurs(request: Request, known: Signed | null): Signed {
  if (known === null) throw new LinkupError("unauthorized", "The session is over; sign in again");
  const given = request.headers["x-csrf-token"] ?? fieldsOf(request)["csrf"] ?? "";
  if (!isSame(String(given), known.session.csrf)) {
    throw new LinkupError("forbidden", "This page is from another session: load it again, and then do it");
  }
  return known;
}

/** The request as the log and the metrics show it: never its query, and no id. */
function noteRequest({ metrics }: ApiContext): RequestHandler {
  return (request, response, next) => {
    const startedMs = performance.now();
    knownOf(response).path = `${CONSOLE_PATH}${request.path}`.slice(0, 300);
    response.once("close", () => {
      // A stream lasts for hours and says nothing about how fast pages are.
      if (request.path === "/stream") return;
      const seconds = (performance.now() - startedMs) / 1_000;
      metrics.answered({ method: request.method.toLowerCase(), path: CONSOLE_PATH, status: response.statusCode, seconds });
    });
    next();
  };
}
