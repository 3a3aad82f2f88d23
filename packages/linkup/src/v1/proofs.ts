/**
 * Proofs that an operation was done, in an answer of v1 with HTTP 200: a part of the operation's row.
 * Every proof begins with LinkUp's envelope saying `status: "success"`; in doubt an answer proves nothing.
 */

/** The contents of `data` beside `status: "success"`. */
export type DataProof =
  /** Nothing: the status alone proves it. A text in `data`, which is how failures are told [C], or a failure reported there takes it back. */
  | { is: "status" }
  /** An object whose member of this name is a list; an empty list is an answer. */
  | { is: "list"; member: string }
  /** An object in which at least one of these members is filled. */
  | { is: "member"; members: readonly string[] }
  /** An object or list that is not empty and reports no error of its own: no page shows more. */
  | { is: "something" };

export type Proof = {
  data: DataProof;
  /** How it is known, as in the answer table: [D] a vendor page was read, [C] seen in client code only, [I] inferred; and where. */
  source: string;
};

/** Of a write: the envelope's status. */
export function statusProof(source: string): Proof {
  return { data: { is: "status" }, source };
}

/** Of a read that lists: the list in its place. */
export function listProof(member: string, source: string): Proof {
  return { data: { is: "list", member }, source };
}

/** Of a read about one thing: any of the members that are known. */
export function memberProof(members: readonly string[], source: string): Proof {
  return { data: { is: "member", members }, source };
}

/** Of a read whose data nobody has seen. */
export function somethingProof(source: string): Proof {
  return { data: { is: "something" }, source };
}

/** A proof in words, for the docs page. */
export function proofText({ data }: Proof): string {
  switch (data.is) {
    case "status":
      return "status";
    case "list":
      return `status, and the list \`data.${data.member}\``;
    case "member":
      return `status, and in \`data\` any of ${data.members.map((member) => `\`${member}\``).join(", ")}`;
    case "something":
      return "status, and `data` that is not empty";
  }
}
