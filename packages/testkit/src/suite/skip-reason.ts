/** Why a test is skipped on this machine, written where the last lines of `npm test` find it. */

declare module "vitest" {
  interface TaskMeta {
    whySkipped?: string;
  }
}

/** Options of a test or suite that may be skipped: `describe.skipIf(browser === null)("in a browser", because(noBrowser()), ...)`. */
export function because(whySkipped: string): { meta: { whySkipped: string } } {
  return { meta: { whySkipped } };
}
