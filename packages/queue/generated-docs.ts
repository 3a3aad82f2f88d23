/** The pages that are made from this workspace's code. */
import { keysPage } from "./tests/lua/keys-page.ts";

export const pages = { "docs/redis-keys.md": keysPage };
