/**
 * Keeps the containers of testcontainers to this machine: by itself it publishes their ports on every interface, a Redis without a password
 * among them, and the reaper's, which it starts unasked and with which anybody could have containers removed.
 */
import type { GenericContainer } from "testcontainers";

type Bindings = Record<string, { HostIp?: string; HostPort?: string }[]>;
const DONE = new WeakSet<object>();

/** From now on every container's ports, those of testcontainers' own too, are published on 127.0.0.1 alone. */
export function publishOnLoopback({ prototype }: typeof GenericContainer): void {
  if (DONE.has(prototype)) return;
  DONE.add(prototype);
  const { withExposedPorts } = prototype;
  prototype.withExposedPorts = function (this: GenericContainer, ...ports) {
    withExposedPorts.call(this, ...ports);
    const { PortBindings: bindings } = Reflect.get(this, "hostConfig") as { PortBindings?: Bindings };
    if (bindings === undefined) throw new Error("This version of testcontainers keeps the ports it publishes somewhere else");
    for (const binding of Object.values(bindings).flat()) binding.HostIp = "127.0.0.1";
    return this;
  };
}
