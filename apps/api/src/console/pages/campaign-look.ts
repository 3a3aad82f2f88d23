/** A look at the list that a campaign has: its columns with a few of their cells, and how the fields of the text stand in them. */
import { closestField, fieldKey } from "@linkup-queue/contracts";
import {
  type Campaign,
  type CampaignStep,
  type FieldCounts,
  fieldUses,
  RecipientCheck,
  type Unsent,
  type UnsentPlace,
} from "@linkup-queue/queue";
import type { ApiContext } from "../../http/api-context.ts";

/** Recipients that are looked at: a page is read in a moment. */
const MOST_LOOKED_AT = 2_000;
const PAGE = 500;
const CELLS = 3;

export type ColumnLook = {
  name: string;
  /** The first ones that are not empty. */
  cells: readonly string[];
  /** The field of the text that is taken from it; null where none is. */
  field: string | null;
};

export type FieldLook = FieldCounts & {
  name: string;
  /** The column that may be meant, where nobody fills the field. */
  meant: string | null;
  /** Of a sequence: the steps whose texts name it, counted from 1. */
  steps: readonly number[];
};

export type CampaignLook = { looked: number; isAll: boolean; columns: readonly ColumnLook[]; fields: readonly FieldLook[] };

/** Looks at the recipients that are left, from the first. */
export async function lookAt({ engine }: ApiContext, campaign: Campaign): Promise<CampaignLook> {
  const check = new RecipientCheck(campaign.definition);
  const cells = new Map<string, string[]>();
  let looked = 0;
  let after: UnsentPlace | null | undefined;
  do {
    const page = await engine.campaigns.unsent(campaign, { after: after ?? undefined, limit: PAGE });
    for (const recipient of page.items) see(recipient, check, cells);
    looked += page.items.length;
    after = page.next;
  } while (after !== null && looked < MOST_LOOKED_AT);
  const used = new Map(fieldUses(campaign.definition).map(({ name }) => [fieldKey(name), name]));
  const columns = [...cells].map(([name, shown]) => ({ name, cells: shown, field: used.get(fieldKey(name)) ?? null }));
  const free = columns.filter(({ field }) => field === null).map(({ name }) => name);
  const fields = Object.entries(check.fields).map(([name, counts]) => {
    const steps = (campaign.definition.steps ?? []).flatMap((step, at) => (isUsed(name, step) ? [at + 1] : []));
    return { name, ...counts, meant: counts.filled === 0 ? closestField(name, free) : null, steps };
  });
  return { looked, isAll: after === null, columns, fields };
}

function isUsed(name: string, step: CampaignStep): boolean {
  return fieldUses(step).some((use) => fieldKey(use.name) === fieldKey(name));
}

function see({ id, fields }: Unsent, check: RecipientCheck, cells: Map<string, string[]>): void {
  check.check({ recipientId: id, fields });
  for (const [name, value] of Object.entries(fields)) {
    const known = cells.get(name) ?? [];
    if (value !== "" && known.length < CELLS) known.push(value);
    cells.set(name, known);
  }
}
