/** How the HTTP client finds a receiver's address: resolved once, every answer checked, and only what was checked is connected to. */
import type { LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";
import { isPublicAddress, type ResolveName } from "./address.ts";

/** A name resolved, or stands for, an address that may not be posted to. */
export class AddressRefused extends Error {
  override readonly name = "AddressRefused";
}

/** A `lookup` for Node's sockets. One address that is not public refuses the name as a whole: which one is tried first is chance. */
export function checkedLookup({ allowPrivate, resolve }: { allowPrivate: boolean; resolve: ResolveName }): LookupFunction {
  return (name, options, callback) => {
    const fail = (error: unknown) => callback(error instanceof Error ? error : new Error("The name could not be resolved"), []);
    resolve(name).then((found) => {
      const [first] = found;
      if (first === undefined) return fail(new Error("The name has no address"));
      if (!allowPrivate && found.some(({ address }) => !isPublicAddress(address)))
        return fail(new AddressRefused("The address is not public"));
      if (options.all) return callback(null, found.map(asLookupAddress));
      callback(null, first.address, first.family);
    }, fail);
  };
}

function asLookupAddress({ address, family }: LookupAddress): LookupAddress {
  return { address, family };
}
