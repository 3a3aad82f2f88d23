/** Prices for tests of the queue, which knows no provider: 1 for every call, 2 for one that carries a file. */
import { OPERATION_NAMES, type Price, type PriceTable } from "@linkup-queue/contracts";

const PRICE: Price = { rule: "1; 2 with a file", evidence: "assumed", credits: ({ media_link }) => (media_link === undefined ? 1 : 2) };

export const TEST_PRICES = Object.fromEntries(OPERATION_NAMES.map((name) => [name, PRICE])) as PriceTable;
