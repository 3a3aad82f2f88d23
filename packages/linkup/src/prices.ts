/** The prices of calls to LinkUp API v1, for those who tell prices and make no call: nothing that can send is reached from here. */
import { OPERATION_NAMES, type PriceTable } from "@linkup-queue/contracts";
import { V1_OPERATIONS } from "./v1/operations.ts";

export const V1_PRICES = Object.fromEntries(OPERATION_NAMES.map((name) => [name, V1_OPERATIONS[name].price])) as PriceTable;
