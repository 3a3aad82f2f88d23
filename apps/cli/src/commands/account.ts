/** `linkup account`: people's LinkedIn accounts. Secrets go in by terminal or stdin, and never come out. */
import {
  AccountPassword,
  LinkupError,
  LoginToken,
  OVERRIDABLE_RULES,
  type OverridableRule,
  VerificationCode,
} from "@linkup-queue/contracts";
import {
  ACCOUNT_STATES,
  type Account,
  type AuthNeed,
  accountAdvice,
  type Engine,
  type InvitationsUse,
  type RulesUse,
} from "@linkup-queue/queue";
import { type Command, Option } from "commander";
import { allAccounts } from "../engine/all-accounts.ts";
import { WRITES, withEngine } from "../engine/with-engine.ts";
import { accountId, countryCode, emailAddress, wholeNumber } from "../terminal/arguments.ts";
import { askSecret, askWhetherToGoOn } from "../terminal/ask.ts";
import { addCommand, addGroup, reporting } from "../terminal/command.ts";
import { type ConsoleIo, UsageError } from "../terminal/console-io.ts";
import { type Report, sentence, stateCell } from "../terminal/report.ts";

const MINUTE_MS = 60_000;
const MOST_MINUTES = 24 * 60;

type AddOptions = { email?: string; passwordStdin?: true; tokenStdin?: true; country?: string; maxInFlight?: number };

async function readKnown(engine: Engine, id: string): Promise<Account> {
  const account = await engine.accounts.read(id);
  if (account !== null) return account;
  throw new LinkupError(
    "not_found",
    `There is no account ${id}; "linkup account list" shows those there are, "linkup account add ${id}" adds it`,
  );
}

async function startAuth(engine: Engine, need: AuthNeed | null): Promise<void> {
  if (need !== null) await engine.authJobs.add(need);
}

function invitationsCell({ invitations }: RulesUse): string | null {
  if (invitations === null) return null;
  const { pending, acceptance, effect } = invitations;
  const many = pending === null ? "pending not known" : `at most ${pending.atMost} pending, counted ${pending.countedAt}`;
  const share = acceptance === null ? "acceptance not known" : `${acceptance.accepted} of ${acceptance.looked} accepted`;
  return `${many}; ${share}; ${INVITATION_WORDS[effect]}`;
}

const INVITATION_WORDS = {
  none: "no bound is reached",
  not_known: "bounds that are not known hold nothing back",
  halved: "their caps are halved",
  stopped: "none leaves",
  pending_max: "none leaves",
} as const satisfies Record<InvitationsUse["effect"], string>;

async function show(engine: Engine, id: string, said: string): Promise<Report> {
  return one(await readKnown(engine, id), { said, rules: await engine.accounts.rulesOf(id) });
}

function one(account: Account, { said, rules }: { said: string; rules: RulesUse }): Report {
  const advice = accountAdvice(account);
  const lines = [said, ...(advice === null ? [] : [advice])].filter((text) => text !== "");
  return {
    json: account,
    sections: [
      ...lines.map((text) => ({ kind: "line" as const, text })),
      {
        kind: "facts",
        rows: [
          ["account", account.id],
          ["state", stateCell(account.state)],
          ["why", account.why],
          ["epoch", account.epoch],
          ["country", account.country],
          ["calls at once", account.maxInFlight ?? "as the settings say"],
          ["jobs parked", account.parked],
          ["registered", account.createdAt],
          ["last log-in", account.lastRefreshAt],
          ...account.overrides.map(({ rule, until }) => [`${rule} overridden`, `for urgent jobs, until ${until}`] as const),
          ...(account.replyWatch === null
            ? []
            : [
                ["inbox read", `every ${account.replyWatch.everyMinutes} min for replies, last ${account.inboxReadAt ?? "never"}`] as const,
              ]),
          ["invitations", invitationsCell(rules)],
          [
            "taken back",
            account.autoWithdrawAfterDays === null ? null : `unanswered invitations, after ${account.autoWithdrawAfterDays} days`,
          ],
          ...(account.withoutNote === null
            ? []
            : [["without note", `${account.withoutNote.count} invitations since ${account.withoutNote.since}`] as const]),
          ...account.rests.map(({ scope, cause, until }) => [`${scope} rests`, `${cause}, until ${until ?? "a person ends it"}`] as const),
          ...(account.coolingUntil === null ? [] : [["rests until", account.coolingUntil] as const]),
        ],
      },
    ],
  };
}

async function addAccount(io: ConsoleIo, id: string, options: AddOptions): Promise<Report> {
  const { email, passwordStdin, tokenStdin } = options;
  if (tokenStdin === true && (email !== undefined || passwordStdin === true)) {
    throw new UsageError("Give either --email with a password, or --token-stdin, not both");
  }
  if (tokenStdin !== true && email === undefined) throw new UsageError("Give --email, or --token-stdin for an account with a login token");
  const rest = { country: options.country, maxInFlight: options.maxInFlight };
  const registration =
    email === undefined
      ? {
          ...rest,
          loginToken: await askSecret(io, {
            what: `Login token of ${id}`,
            stdinOption: "--token-stdin",
            fromStdin: true,
            form: LoginToken,
          }),
        }
      : {
          ...rest,
          email,
          password: await askSecret(io, {
            what: `Password of ${email}`,
            stdinOption: "--password-stdin",
            fromStdin: passwordStdin === true,
            form: AccountPassword,
          }),
        };
  const add = async (engine: Engine) => {
    const need = await engine.accounts.register(id, registration);
    await startAuth(engine, need);
    return show(engine, id, `Account ${id} is registered.`);
  };
  return withEngine(io, add, { accepts: true });
}

async function listAccounts(io: ConsoleIo, state: string | undefined): Promise<Report> {
  const accounts = await withEngine(io, async (engine) => {
    const found: Account[] = [];
    for await (const account of allAccounts(engine)) if (state === undefined || account.state === state) found.push(account);
    return found;
  });
  return {
    json: accounts,
    sections: [
      {
        kind: "table",
        head: ["account", "state", "why", "parked", "epoch", "country", "last log-in"],
        rows: accounts.map((account) => [
          account.id,
          stateCell(account.state),
          account.why,
          account.parked,
          account.epoch,
          account.country,
          account.lastRefreshAt,
        ]),
        whenEmpty:
          state === undefined ? "No accounts. Add one with: linkup account add ada --email ada@example.com" : `No account is ${state}.`,
      },
    ],
  };
}

async function verifyAccount(io: ConsoleIo, id: string, fromStdin: boolean): Promise<Report> {
  return withEngine(
    io,
    async (engine) => {
      const { state } = await readKnown(engine, id);
      if (state !== "awaiting_code") throw new LinkupError("conflict", `Account ${id} is ${state}: it is not waiting for a code`);
      const code = await askSecret(io, { what: `Code for ${id}`, stdinOption: "--code-stdin", fromStdin, form: VerificationCode });
      await startAuth(engine, await engine.accounts.giveCode(id, code));
      const account = await readKnown(engine, id);
      return sentence(`The code is with the workers; see what LinkedIn says with: linkup account show ${id}`, account);
    },
    WRITES,
  );
}

async function removeAccount(io: ConsoleIo, id: string, yes: boolean): Promise<Report> {
  return withEngine(
    io,
    async (engine) => {
      const { parked } = await readKnown(engine, id);
      const question = `Forget account ${id} and its secrets? Its waiting jobs (${parked} parked) end cancelled.`;
      if (!yes && !(await askWhetherToGoOn(io, question))) throw new LinkupError("interrupted", "Nothing was changed");
      await engine.accounts.remove(id);
      return sentence(`Account ${id} is removed and its secrets are forgotten; its waiting jobs end cancelled.`, { id, removed: true });
    },
    WRITES,
  );
}

type OverrideOptions = { rule: OverridableRule; minutes?: number; end?: true };

async function overrideRule(io: ConsoleIo, id: string, { rule, minutes, end }: OverrideOptions): Promise<Report> {
  if ((minutes === undefined) === (end === undefined)) throw new UsageError("Give either --minutes, or --end");
  io.choice = end === true ? `${rule} holds again` : rule;
  return withEngine(
    io,
    async (engine) => {
      await readKnown(engine, id);
      const { nowMs } = await engine.keys.read();
      await engine.accounts.override(id, rule, minutes === undefined ? null : nowMs + minutes * MINUTE_MS);
      const said =
        end === true ? `${rule} holds for all jobs of ${id} again.` : `Urgent jobs of ${id} pass ${rule}; jobs of campaigns keep to it.`;
      return show(engine, id, said);
    },
    WRITES,
  );
}

/** Adds `linkup account ...`. */
export function addAccountCommands(program: Command, io: ConsoleIo): void {
  const group = addGroup(program, "account", "LinkedIn accounts: add, list, verify, pause, remove");

  addCommand(group, "add", {
    summary: "Register an account, or change its credentials",
    details:
      "A worker then logs in, unless there is a live token and the password is the same. The password is asked for without showing it, or read from the first line of stdin; it is never an argument.",
    examples: [
      ["account add ada --email ada@example.com", "asks for the password"],
      ["account add ada --email ada@example.com --password-stdin < password.txt", "takes it from a file"],
      ["account add bob --token-stdin --country US < token.txt", "an account that has a login token"],
    ],
  })
    .argument("<id>", "the account's id, chosen by you", accountId)
    .option("--email <address>", "the member's e-mail address", emailAddress)
    .option("--password-stdin", "read the password from the first line of stdin")
    .option("--token-stdin", "read a login token from the first line of stdin, instead of e-mail and password")
    .option("--country <code>", "the country that LinkUp works from for this account (its default: FR)", countryCode)
    .option("--max-in-flight <calls>", "calls at once for this account (default: as the settings say)", wholeNumber(1, 100))
    .action(reporting(io, (id: string, options: AddOptions) => addAccount(io, id, options)));

  addCommand(group, "list", {
    summary: "List accounts with their states",
    examples: [
      ["account list", "all of them"],
      ["account list --state needs_attention --json", "those that want a person, for a program"],
    ],
  })
    .addOption(new Option("--state <state>", "only those in this state").choices(ACCOUNT_STATES))
    .action(reporting(io, ({ state }: { state?: string }) => listAccounts(io, state)));

  addCommand(group, "show", {
    summary: "Show one account and what it waits for",
    examples: [["account show ada", "state, parked jobs, what to do"]],
  })
    .argument("<id>", "the account's id", accountId)
    .action(reporting(io, (id: string) => withEngine(io, async (engine) => show(engine, id, ""))));

  addCommand(group, "verify", {
    summary: "Give the code that LinkedIn sent to the member",
    examples: [
      ["account verify ada", "asks for the code"],
      ["account verify ada --code-stdin < code.txt", "takes it from stdin"],
    ],
  })
    .argument("<id>", "the account's id", accountId)
    .option("--code-stdin", "read the code from the first line of stdin")
    .action(reporting(io, (id: string, options: { codeStdin?: true }) => verifyAccount(io, id, options.codeStdin === true)));

  addCommand(group, "pause", {
    summary: "Stop all work of an account; its jobs wait",
    examples: [["account pause ada", "until: linkup account resume ada"]],
  })
    .argument("<id>", "the account's id", accountId)
    .action(
      reporting(io, (id: string) =>
        withEngine(
          io,
          async (engine) => {
            await readKnown(engine, id);
            await engine.accounts.pause(id);
            return show(engine, id, `Account ${id} is paused.`);
          },
          WRITES,
        ),
      ),
    );

  addCommand(group, "resume", {
    summary: "Take a paused or troubled account back to work",
    examples: [["account resume ada", "logs in again where its token is gone"]],
  })
    .argument("<id>", "the account's id", accountId)
    .action(
      reporting(io, (id: string) =>
        withEngine(
          io,
          async (engine) => {
            await readKnown(engine, id);
            await startAuth(engine, await engine.accounts.resume(id));
            return show(engine, id, "");
          },
          WRITES,
        ),
      ),
    );

  addCommand(group, "override", {
    summary: "Let urgent jobs of an account pass one of its rules for a while",
    details:
      "Jobs that were handed over as urgent, and are of no campaign, go by the other rules alone; what goes counts to caps and pace as ever. It ends by itself, a day later at the latest.",
    examples: [
      ["account override ada --rule hours --minutes 60", "what is urgent goes out tonight"],
      ["account override ada --rule account_cap --minutes 30", "a spent cap holds back nothing urgent"],
      ["account override ada --rule hours --end", "the hours hold again"],
    ],
  })
    .argument("<id>", "the account's id", accountId)
    .addOption(new Option("--rule <rule>", "the rule").choices(OVERRIDABLE_RULES).makeOptionMandatory())
    .option("--minutes <minutes>", "for how long", wholeNumber(1, MOST_MINUTES))
    .option("--end", "the rule holds again now")
    .action(reporting(io, (id: string, options: OverrideOptions) => overrideRule(io, id, options)));

  addCommand(group, "remove", {
    summary: "Forget an account and its secrets; its waiting jobs end cancelled",
    examples: [
      ["account remove ada", "asks first, at a terminal"],
      ["account remove ada --yes", "does not ask"],
    ],
  })
    .argument("<id>", "the account's id", accountId)
    .option("--yes", "don't ask")
    .action(reporting(io, (id: string, options: { yes?: true }) => removeAccount(io, id, options.yes === true)));
}
