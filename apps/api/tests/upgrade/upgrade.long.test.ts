/** Redis as each earlier layout's version left it, opened by this version after the stop with which upgrade.test.ts does not open it. */
import { describe } from "vitest";
import { proveUpgrade } from "./prove-upgrade.ts";

describe("layout 1", () => proveUpgrade(1, "shorter than parked jobs sleep"));
describe("layout 2", () => proveUpgrade(2, "so long that parked jobs are let go by BullMQ itself"));
describe("layout 3", () => proveUpgrade(3, "shorter than parked jobs sleep"));
