/** The worker's own HTTP: alive, ready and why not, metrics. No secret, no job data. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { LinkupError } from "@linkup-queue/contracts";

export type Readiness = { ready: boolean; why: string[] };

export type HealthOptions = {
  host: string;
  port: number;
  /** Whether the operator chose the port; the default one may give way to a free one. */
  portChosen: boolean;
  readiness: () => Promise<Readiness>;
  /** The host that calls go to. */
  provider: string;
  metrics: () => Promise<{ contentType: string; text: string }>;
};

export type HealthServer = { port: number; close(): Promise<void> };

/** Listens. Throws LinkupError `configuration_invalid` when a port that the operator chose is not to be had. */
export async function startHealth(options: HealthOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const send = (status: number, contentType: string, text: string) => {
      response.writeHead(status, { "content-type": contentType, "cache-control": "no-store" }).end(text);
    };
    const answer = async () => {
      switch (request.url?.split("?")[0]) {
        case "/healthz":
          return send(200, "application/json", '{"status":"ok"}');
        case "/readyz": {
          const readiness = await options.readiness();
          return send(readiness.ready ? 200 : 503, "application/json", JSON.stringify({ ...readiness, provider: options.provider }));
        }
        case "/metrics": {
          const { contentType, text } = await options.metrics();
          return send(200, contentType, text);
        }
        default:
          return send(404, "application/json", '{"error":{"code":"not_found","message":"Only /healthz, /readyz and /metrics are here"}}');
      }
    };
    const away = { ready: false, why: ["Redis does not answer"], provider: options.provider };
    answer().catch(() => send(503, "application/json", JSON.stringify(away)));
  });
  await listen(server, options.host, options.port).catch(async (error: unknown) => {
    if (options.portChosen) {
      const { host, port } = options;
      const reason = (error as NodeJS.ErrnoException).code ?? "refused";
      throw new LinkupError(
        "configuration_invalid",
        `The worker's health can't listen on ${host}:${port} (${reason}); set WORKER_HEALTH_PORT to another port, or to 0 for none`,
        { cause: error },
      );
    }
    await listen(server, options.host, 0);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
