/** Jain's index of fairness (Jain, Chiu, Hawe 1984): 1 when all shares are equal, 1/n when one has everything. Pure. */
export function jainIndex(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return squares === 0 ? Number.NaN : (sum * sum) / (shares.length * squares);
}
