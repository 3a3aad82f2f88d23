/** The start-up check of LinkUp's address: it connects, says nothing, and explains itself. */
import { afterEach, describe, expect, it } from "vitest";
import { checkProviderAddress } from "../src/index.ts";
import { type RawServer, startRawServer, TEST_CA } from "./raw-server.ts";

const servers: RawServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});
async function serve(secure: boolean): Promise<RawServer> {
  const server = await startRawServer(() => undefined, secure);
  servers.push(server);
  return server;
}

describe("checking LinkUp's address", () => {
  it.each([false, true])("connects and sends no request (TLS: %s)", async (secure) => {
    const server = await serve(secure);
    await checkProviderAddress(server.url, 5_000, TEST_CA);
    const seen = await server.first;
    await seen.ended;
    expect(seen.text()).toBe("");
    expect(server.connections).toHaveLength(1);
  });

  it("says that nothing listens there", async () => {
    await expect(checkProviderAddress("http://127.0.0.1:1", 5_000)).rejects.toMatchObject({
      code: "provider_unreachable",
      message: expect.stringMatching(/127\.0\.0\.1:1 refused the connection \(ECONNREFUSED\): check LINKUP_BASE_URL/),
    });
  });

  it("says that nothing answers there in time", async () => {
    const server = await serve(false);
    const check = checkProviderAddress(server.url.replace("http:", "https:"), 100);
    await expect(check).rejects.toMatchObject({ code: "provider_unreachable", message: expect.stringContaining("within 100 ms") });
  });

  it("says that the certificate is not trusted", async () => {
    const server = await serve(true);
    const check = checkProviderAddress(server.url, 5_000);
    await expect(check).rejects.toMatchObject({ code: "provider_unreachable", message: expect.stringContaining("SELF_SIGNED") });
  });

  it("refuses what is no address", async () => {
    await expect(checkProviderAddress("api.linkupapi.com", 100)).rejects.toMatchObject({ code: "configuration_invalid" });
  });
});
