/**
 * Read before a process of ours (`node --import`): its connections leave from the loopback address of its side, as those of a machine elsewhere would, so
 * that a network that is split (server-link.ts) knows them apart. The address is in TEST_FROM_ADDRESS.
 */
import { Socket, type SocketConnectOpts } from "node:net";

const address = process.env["TEST_FROM_ADDRESS"];
const connect = Socket.prototype.connect as (...args: unknown[]) => Socket;

/** node:net hands its own arguments on as a list in a list. */
function optionsOf(args: readonly unknown[]): SocketConnectOpts | null {
  const [first] = args;
  const options: unknown = Array.isArray(first) ? first[0] : first;
  return typeof options === "object" && options !== null ? (options as SocketConnectOpts) : null;
}

if (address !== undefined) {
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
    const options = optionsOf(args);
    if (options !== null && "port" in options) options.localAddress = address;
    return connect.call(this, ...args);
  } as typeof Socket.prototype.connect;
}
