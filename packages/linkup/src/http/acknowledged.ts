/**
 * Whether the machine at the other end has acknowledged every byte that was handed to a socket. Linux tells it, in /proc/net: the send queue of the
 * socket is empty. Elsewhere nobody knows.
 */
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { endianness } from "node:os";

const TABLES = { IPv4: "/proc/self/net/tcp", IPv6: "/proc/self/net/tcp6" } as const;
type Table = keyof typeof TABLES;

/** A connected socket as the kernel's table names it. */
export type SocketName = { table: Table; ends: string };

const BYTE = 256;
/** IPv6 addresses are eight groups of two bytes. */
const GROUPS = 8;

/** The name of a connected socket; null for one that is not connected. */
export function socketName({ localAddress, localPort, remoteAddress, remotePort, localFamily }: Socket): SocketName | null {
  if (localAddress === undefined || localPort === undefined || remoteAddress === undefined || remotePort === undefined) return null;
  const table = localFamily === "IPv6" ? "IPv6" : "IPv4";
  return { table, ends: `${inTable(localAddress, localPort)} ${inTable(remoteAddress, remotePort)}` };
}

function inTable(address: string, port: number): string {
  const bytes = address.includes(":") ? bytesOfIpv6(address) : address.split(".").map(Number);
  // The kernel prints words of four bytes as this machine's own integers.
  const words = Array.from({ length: bytes.length / 4 }, (_none, at) => bytes.slice(at * 4, at * 4 + 4));
  return `${words.map((word) => hex(endianness() === "LE" ? word.toReversed() : word, 2)).join("")}:${hex([port], 4)}`;
}

function bytesOfIpv6(address: string): number[] {
  const plain = (address.split("%")[0] ?? "").replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...four: string[]) => {
    const [a, b, c, d] = four.slice(0, 4).map(Number) as [number, number, number, number];
    return `${(a * BYTE + b).toString(16)}:${(c * BYTE + d).toString(16)}`;
  });
  const [head = [], tail = []] = plain.split("::").map((part) => (part === "" ? [] : part.split(":")));
  const groups = [...head, ...Array.from({ length: GROUPS - head.length - tail.length }, () => "0"), ...tail];
  return groups.flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [Math.floor(value / BYTE), value % BYTE];
  });
}

function hex(numbers: readonly number[], digits: number): string {
  return numbers.map((one) => one.toString(16).toUpperCase().padStart(digits, "0")).join("");
}

/**
 * Of these sockets, those whose peer has acknowledged all that was handed to them. A socket that the table does not name is none of them.
 * Rejects where there is no such table.
 */
export async function acknowledged<Named extends { name: SocketName }>(sockets: readonly Named[]): Promise<Named[]> {
  const found = await Promise.all((Object.keys(TABLES) as Table[]).map((table) => acknowledgedIn(table, sockets)));
  return found.flat();
}

async function acknowledgedIn<Named extends { name: SocketName }>(table: Table, sockets: readonly Named[]): Promise<Named[]> {
  const named = sockets.filter(({ name }) => name.table === table);
  if (named.length === 0) return [];
  const text = await readFile(TABLES[table], "latin1");
  return named.filter(({ name }) => isEmptyQueue(text, name.ends));
}

/** Behind both ends stand the state, in two digits, and the bytes that are not acknowledged yet, in eight. */
function isEmptyQueue(text: string, ends: string): boolean {
  const at = text.indexOf(` ${ends} `);
  return at >= 0 && /^[0-9A-F]{2} 0{8}:/.test(text.slice(at + ends.length + 2, at + ends.length + 14));
}

/** Whether this machine tells what its peers have acknowledged. */
export async function tellsAcknowledged(): Promise<boolean> {
  return await readFile(TABLES.IPv4, "latin1").then(
    () => true,
    () => false,
  );
}
