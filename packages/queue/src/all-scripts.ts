/** Every script that there is, for whoever must look at all of them: tests, and the page of the keys. */
import { confirmParkScript } from "./ledger/lua/confirm-park.ts";
import { gateScript } from "./ledger/lua/gate.ts";
import { leftScript } from "./ledger/lua/left.ts";
import { publishedScript } from "./ledger/lua/published.ts";
import { settleScript } from "./ledger/lua/settle.ts";
import { layoutScript } from "./redis/lua/layout.ts";

export const ALL_SCRIPTS = [layoutScript, gateScript, leftScript, settleScript, publishedScript, confirmParkScript] as const;
