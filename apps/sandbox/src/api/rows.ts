/** Made-up people, posts and messages for the answers to reads, in the shapes of the API description. The same for the same request. */
import { type Body, numberOr } from "./body.ts";
import type { Json } from "./encode-json.ts";

/** How many rows every list of the sandbox has in all, so that no answer grows without bound. */
export const AVAILABLE = 250;
const FIRST_NAMES = ["Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Frances", "Ken", "Radia", "Tony"];
const LAST_NAMES = ["Martin", "Bernard", "Dubois", "Thomas", "Robert", "Richard", "Petit", "Durand", "Leroy", "Moreau"];

export type Slice = { offset: number; count: number; available: number; pagination: Json };

/** The rows that a list call asks for: a page range if given, else total_results (ten when left out). */
export function sliceOf(body: Body, available: number, pageRows = 10): Slice {
  const paged = typeof body.start_page === "number" || typeof body.end_page === "number";
  const first = numberOr(body.start_page, 1);
  const wanted = paged ? (numberOr(body.end_page, first) - first + 1) * pageRows : numberOr(body.total_results, 10);
  const offset = (first - 1) * pageRows;
  const count = Math.max(0, Math.min(wanted, available - offset));
  const pages = Math.max(1, Math.ceil(count / pageRows));
  const pagination = {
    start_page: first,
    end_page: first + pages - 1,
    results_per_page: pageRows,
    pages_fetched: pages,
    has_next_page: offset + count < available,
  };
  return { offset, count, available, pagination };
}

/** Rows by their number in the whole list. */
export function rows(slice: Slice, make: (number: number) => Json): Json[] {
  return Array.from({ length: slice.count }, (_, i) => make(slice.offset + i));
}

export function personName(number: number): string {
  return `${FIRST_NAMES[number % 10]} ${LAST_NAMES[Math.floor(number / 10) % 10]}`;
}

export function profileUrl(number: number): string {
  return `https://www.linkedin.com/in/sandbox-member-${number}`;
}

export function person(number: number): { [name: string]: Json } {
  return { name: personName(number), job_title: "Engineer", profile_url: profileUrl(number), profile_picture: null };
}

/** A full profile for the address that was asked. */
export function profile(url: string): { [name: string]: Json } & { first_name: string; last_name: string } {
  const slug = /\/in\/([^/?#]+)/i.exec(url)?.[1] ?? "me";
  const number = [...slug].reduce((sum, char) => sum + (char.codePointAt(0) ?? 0), 0);
  const [firstName = "", lastName = ""] = personName(number).split(" ");
  return {
    public_id: slug,
    first_name: firstName,
    last_name: lastName,
    headline: "Engineer at Sandbox",
    location: "Paris, France",
    summary: "A member who exists in the sandbox alone.",
    industry: "Software Development",
    experience: [
      { title: "Engineer", company: "Sandbox", company_size: "11-50", duration: "2 yrs", description: "Queues.", location: "Paris" },
    ],
    education: [{ school: "Sandbox University", degree: "MSc", field: "Computing", start_date: "2010", end_date: "2015" }],
    skills: ["Queues", "Patience"],
  };
}

export function post(number: number): Json {
  return {
    post_url: `https://www.linkedin.com/feed/update/urn:li:activity:${7_000_000_000 + number}`,
    author: personName(number),
    text: `Post ${number}`,
  };
}
