/** Compares four places' records of campaigns that ran to their end, by outcome ids. Pure: who asks them is another's matter. */

/** One outcome as a place tells of it. */
export type Told = { outcomeId: string; campaignId: string | null; recipientId: string | null };

export const PLACES = ["export", "archive", "webhooks", "results"] as const;
export type Place = (typeof PLACES)[number];

export type Evidence = {
  recipients: number;
  /** Of the recipients, those of whom no place has an outcome. */
  without: number;
  /** Recipients with more than one outcome id. */
  withMore: number;
  /** Outcome ids that another place has and this one has not. */
  missing: Record<Place, number>;
  /** Lines that tell an id again; the results queue and webhooks may. */
  twice: Record<Place, number>;
};

const nameOf = ({ campaignId, recipientId }: Pick<Told, "campaignId" | "recipientId">): string => `${campaignId}\n${recipientId}`;

/** Compares; `expected` are all recipients of all campaigns. */
export function compareEvidence(
  expected: readonly Pick<Told, "campaignId" | "recipientId">[],
  places: Readonly<Record<Place, readonly Told[]>>,
): Evidence {
  const idsOf = new Map<string, Set<string>>();
  for (const told of PLACES.flatMap((place) => places[place])) {
    const ids = idsOf.get(nameOf(told)) ?? new Set<string>();
    idsOf.set(nameOf(told), ids.add(told.outcomeId));
  }
  const everyId = new Set([...idsOf.values()].flatMap((ids) => [...ids]));
  const count = (of: (ids: Set<string>, told: number) => number): Record<Place, number> => {
    const each = PLACES.map((place) => {
      const told = places[place].map(({ outcomeId }) => outcomeId);
      return [place, of(new Set(told), told.length)] as const;
    });
    return Object.fromEntries(each) as Record<Place, number>;
  };
  return {
    recipients: expected.length,
    without: expected.filter((recipient) => !idsOf.has(nameOf(recipient))).length,
    withMore: [...idsOf.values()].filter((ids) => ids.size > 1).length,
    missing: count((ids) => everyId.size - ids.size),
    twice: count((ids, told) => told - ids.size),
  };
}
