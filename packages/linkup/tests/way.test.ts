/** When a request was counted at the latest: by the kernel's word over real sockets, and by answers that kept coming or did not. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { because, waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { acknowledged, socketName, tellsAcknowledged } from "../src/http/acknowledged.ts";
import { createHttpTransport, linkupV1, type ProviderRequest, type Reply, Way } from "../src/index.ts";
import { httpAnswer, startRawServer, TEST_CA } from "./raw-server.ts";

const TRANSIT_MS = 1_000;
const open: { close: () => unknown }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

const NO_TABLE = (await tellsAcknowledged()) ? undefined : because("this machine's kernel has no /proc/self/net/tcp");

/** A way on which an answer was heard at each of these moments, with a tick at each hundredth of a second. */
function heardAt(...momentsMs: number[]): Way {
  const way = new Way({ transitMs: TRANSIT_MS, timeoutMs: 60_000 });
  for (let nowMs = 0; nowMs <= Math.max(...momentsMs); nowMs += 10) {
    way.tick(nowMs);
    if (momentsMs.includes(nowMs)) way.heard(nowMs);
  }
  return way;
}

test.each<[string, { heardMs: number[]; countedMs: number }]>([
  ["answers keep coming", { heardMs: [900, 1_800, 2_700, 3_600], countedMs: 3_000 }],
  ["a silence ends before it", { heardMs: [500, 1_900, 2_700, 3_600], countedMs: 3_000 }],
  ["it was acknowledged within a silence", { heardMs: [900, 2_700, 3_600, 4_500], countedMs: 3_700 }],
  ["a silence begins before it need be counted", { heardMs: [900, 1_800, 2_700, 4_500, 5_400], countedMs: 5_500 }],
  ["a silence begins after it was counted", { heardMs: [900, 1_800, 2_700, 3_200, 6_000], countedMs: 3_000 }],
  ["one silence follows the other", { heardMs: [900, 2_700, 4_500, 5_400], countedMs: 5_500 }],
  ["nothing was heard before", { heardMs: [5_000], countedMs: 6_000 }],
])(
  "where %s, a request that was acknowledged at 2,000 is counted by its transit, or anew from the silence's end",
  (_case, { heardMs, countedMs }) => {
    expect(heardAt(...heardMs).countedBy(2_000)).toBe(countedMs);
  },
);

test("an answer that a process heard late, as it stood still, hides no stall behind it", () => {
  const way = heardAt(900, 1_800);
  // It stood still from 1,900 to 4,000; the answer had come before a stall that lasts until 4,600.
  way.tick(4_000);
  way.heard(4_010);
  way.tick(4_590);
  way.tick(4_600);
  way.heard(4_600);
  expect(way.countedBy(1_850)).toBe(5_600);
});

test.skipIf(NO_TABLE)("the kernel tells what the peer has not taken yet", async () => {
  const accepted = Promise.withResolvers<Socket>();
  const server = createServer({ pauseOnConnect: true }, accepted.resolve).listen(0, "127.0.0.1");
  await once(server, "listening");
  const tcp = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [peer] = await Promise.all([accepted.promise, once(tcp, "connect")]);
  open.push({ close: () => server.close() }, { close: () => peer.destroy() }, { close: () => tcp.destroy() });
  const name = socketName(tcp);
  if (name === null) throw new Error("the socket is not connected");
  const isAcknowledged = async () => (await acknowledged([{ name }])).length === 1;
  await waitFor(isAcknowledged, { what: "an idle socket to have nothing out", until: (is) => is });
  // More than both machines' buffers hold.
  tcp.write(Buffer.alloc(64 * 1_048_576));
  await waitFor(isAcknowledged, { what: "bytes to be out", until: (is) => !is });
  peer.resume();
  await waitFor(isAcknowledged, { what: "all to be taken", until: (is) => is });
  expect(await acknowledged([{ name: { ...name, ends: "0100007F:0001 0100007F:0001" } }])).toEqual([]);
});

test.skipIf(NO_TABLE)("addresses of IPv6 are written as the kernel writes them", async () => {
  const table = await readFile("/proc/self/net/tcp6", "latin1").catch(() => null);
  expect(table).not.toBeNull();
  const ends = { localAddress: "::1", localPort: 80, remoteAddress: "::ffff:127.0.0.1", remotePort: 4_010, localFamily: "IPv6" };
  expect(socketName(ends as Socket)).toEqual({
    table: "IPv6",
    ends: "00000000000000000000000001000000:0050 0000000000000000FFFF00000100007F:0FAA",
  });
});

const READ: ProviderRequest = { kind: "call", operation: "profile.me", input: {}, token: "token-1234" };
const OK = httpAnswer(200, '{"status":"success","data":{"name":"Ada"}}');

test.skipIf(NO_TABLE).each([
  ["http", false],
  ["https", true],
])("over %s a slow call was counted before its answer while others are answered, and not where none is", async (_scheme, secure) => {
  const waiting: Socket[] = [];
  const server = await startRawServer((socket, text) => {
    if (text.includes("slow")) waiting.push(socket);
    else socket.end(OK);
  }, secure);
  open.push(server);
  const transitMs = 300;
  const settings = { baseUrl: server.url, apiKey: "key-1234-secret", timeoutMs: 60_000, transitMs, ...(secure ? { ca: TEST_CA } : {}) };
  const transport = createHttpTransport(linkupV1({ retryWritesOn500: true }), settings);
  open.push(transport);
  const send = (token: string): Promise<Reply> =>
    transport.send({ ...READ, token } as ProviderRequest, { deadlineMs: 60_000, markLeft: async () => true });
  const answer = () => void waiting.shift()?.end(OK);

  const alone = send("slow-1234");
  await waitFor(() => waiting.length, { what: "the slow request", until: (seen) => seen === 1 });
  answer();
  expect((await alone).countedAtMs).toBeUndefined();

  await send("fast-1234");
  // On a machine that is busy with other work its looks are rare, and some answers far apart.
  for (let countedAtMs: number | undefined; countedAtMs === undefined; ) {
    const sinceMs = performance.now();
    const slow = send("slow-1234");
    await waitFor(() => waiting.length, { what: "the slow request", until: (seen) => seen === 1 });
    // Answers of others, until the slow one's transit is over for long.
    while (performance.now() - sinceMs < 6 * transitMs) await send("fast-1234");
    answer();
    ({ countedAtMs } = await slow);
    if (countedAtMs === undefined) continue;
    expect(countedAtMs).toBeGreaterThanOrEqual(sinceMs + transitMs);
    expect(countedAtMs).toBeLessThan(performance.now());
  }
});
