/** Does one of the console's actions: by the HTTP api's own route, for whoever may, with its checks and its entry in the audit list. */
import { LinkupError } from "@linkup-queue/contracts";
import type { Request, Response } from "express";
import { type Caller, includesRole } from "../callers/authenticate.ts";
import { callerAddress } from "../callers/caller-address.ts";
import type { ApiContext } from "../http/api-context.ts";
import { perform } from "../http/perform.ts";
import type { Answer, RawCall, Route } from "../http/route.ts";
import { ACTIONS, type ActionName, type ConsoleAction, isAction } from "./frame/actions.ts";

/** `request`: another one than the browser's, where a part of that one is the body. */
export type Doing = {
  caller: Caller;
  fields: Readonly<Record<string, string>>;
  request: Request;
  response: Response;
  body?: RawCall["request"];
};

export class Actions {
  readonly #context: ApiContext;
  readonly #routes: ReadonlyMap<string, Route>;

  /** Throws where an action's route is not there. */
  constructor(context: ApiContext, routes: readonly Route[]) {
    this.#context = context;
    this.#routes = new Map(routes.map((route) => [`${route.method.toUpperCase()} ${route.path}`, route]));
    for (const action of Object.keys(ACTIONS)) if (isAction(action)) this.routeOf(action);
  }

  routeOf(action: ActionName): Route {
    const route = this.#routes.get(ACTIONS[action].call);
    if (route === undefined) throw new Error(`the action ${action} has no route`);
    return route;
  }

  /** Whether someone may do it. */
  may({ role: has }: Caller, action: ActionName): boolean {
    const { role } = this.routeOf(action);
    return role !== "none" && includesRole(has, role);
  }

  /** Throws `forbidden`, `invalid_input` for what the person did not confirm, and what the route throws. */
  async run(action: ActionName, { caller, fields, request, response, body: sent }: Doing): Promise<Answer> {
    const route = this.routeOf(action);
    if (!this.may(caller, action)) {
      throw new LinkupError("forbidden", `This needs the role ${route.role}; ${caller.name} is ${caller.role}`);
    }
    const { body, query = [], fixedQuery = {}, confirm }: ConsoleAction = ACTIONS[action];
    confirm?.(fields);
    const call = {
      params: Object.fromEntries([...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => [name, fields[name] ?? ""])),
      query: {
        ...Object.fromEntries(query.flatMap((name) => (fields[name] === undefined || fields[name] === "" ? [] : [[name, fields[name]]]))),
        ...fixedQuery,
      },
      body: body?.(fields),
      caller,
      request: sent ?? request,
      response,
    };
    return await perform(route, this.#context, { call, from: { via: "console", address: callerAddress(request) } });
  }
}
