/** Rows of the catalogue for the queue `profiles`. Facts from the provider's pages and client code; no behaviour here. */
import { z } from "zod";
import { answer, Pagination, rows, Text, Unseen, Whole } from "./answers.ts";
import { A_PERSON } from "./example-addresses.ts";
import {
  CompanyAddress,
  inputObject,
  OrganisationList,
  PAGES_IN_ORDER,
  ProfileAddress,
  pagesInOrder,
  TOTAL_OR_PAGES,
  text,
} from "./fields.ts";
import type { Operation } from "./operation.ts";
import { COMPANY_PAGE, PERSON } from "./target.ts";

const Filter = text(1000).optional();
const FilterList = text(1000).describe('several with ";"').optional();

/** The newer page joins with ",", vendor code with ";". */
const Network = z
  .string()
  .regex(/^[FSO](?:[,;][FSO]){0,2}$/, "must be degree letters F, S, O, joined with , or ;")
  .describe("degrees: F (1st), S (2nd), O (3rd and beyond), joined with , or ;");

const CompanySize = z
  .string()
  .max(100, "must be at most 100 characters")
  .regex(
    /^(?:(?:1-10|11-50|51-200|201-500|501-1000|1001-5000|5001-10000|10001\+)(?:;(?!$)|$))+$/,
    'must be bands of 1-10, 11-50, 51-200, 201-500, 501-1000, 1001-5000, 5001-10000, 10001+, joined with ";"',
  )
  .describe('employee bands, several with ";"');

export const PROFILE_OPERATIONS = {
  "profile.scrape": {
    queue: "profiles",
    kind: "read",
    summary: "Full profile of a member",
    target: PERSON,
    least: { linkedin_url: A_PERSON },
    input: inputObject({ linkedin_url: ProfileAddress }),
    output: answer({
      public_id: Text,
      first_name: Text,
      last_name: Text,
      headline: Text,
      location: Text,
      summary: Text,
      industry: Text,
      experience: rows({ title: Text, company: Text, company_size: Text, duration: Text, description: Text, location: Text }),
      education: rows({ school: Text, degree: Text, field: Text, start_date: Text, end_date: Text }),
      skills: z.array(z.string()).nullish(),
    }),
    evidence: "documented",
  },
  "profile.me": {
    queue: "profiles",
    kind: "read",
    summary: "Profile of the signed-in member",
    target: null,
    least: {},
    input: inputObject({}),
    output: Unseen,
    evidence: "code",
  },
  "profile.contact": {
    queue: "profiles",
    kind: "read",
    summary: "Contact details of a member",
    target: PERSON,
    least: { linkedin_url: A_PERSON },
    input: inputObject({ linkedin_url: ProfileAddress }),
    output: Unseen,
    evidence: "code",
  },
  "profile.search": {
    queue: "profiles",
    kind: "read",
    summary: "Search members",
    target: null,
    least: {},
    input: inputObject({
      company_url: OrganisationList.describe('current company: address or slug; several with ";"').optional(),
      location: FilterList,
      school_url: OrganisationList.describe('school: address or slug; several with ";"').optional(),
      network: Network.optional(),
      keyword: Filter,
      first_name: Filter,
      last_name: Filter,
      title: Filter,
      connection_of: Filter,
      industry: Filter,
      past_company: Filter,
      follower_of: Filter,
      fetch_invitation_state: z.boolean().describe("adds invitation_state to each row").optional(),
      ...TOTAL_OR_PAGES,
    }).refine(pagesInOrder, PAGES_IN_ORDER),
    output: answer({
      total_results: Whole,
      total_available_results: Whole,
      profiles: rows({
        name: Text,
        job_title: Text,
        connection_level: Text,
        location: Text,
        profile_url: Text,
        profile_picture: Text,
        invitation_state: Text,
      }),
      pagination: Pagination,
    }),
    // The samples show 50 rows a page here; how a page is billed is not on the part of the page that was readable.
    evidence: "documented",
  },
  "company.info": {
    queue: "profiles",
    kind: "read",
    summary: "One company page",
    target: COMPANY_PAGE,
    least: { company_url: "https://www.linkedin.com/company/acme/" },
    input: inputObject({ company_url: CompanyAddress }),
    output: Unseen,
    evidence: "code",
  },
  "company.search": {
    queue: "profiles",
    kind: "read",
    summary: "Search companies",
    target: null,
    least: {},
    input: inputObject({
      location: FilterList,
      sector: text(1000).describe('industry label; several with ";"').optional(),
      industry: FilterList,
      keyword: text(1000).describe("free text or company name").optional(),
      company_size: CompanySize.optional(),
      ...TOTAL_OR_PAGES,
    }).refine(pagesInOrder, PAGES_IN_ORDER),
    output: answer({ total_results: Whole, total_available_results: Whole, companies: rows({}), pagination: Pagination }),
    evidence: "documented",
  },
} as const satisfies Record<string, Operation>;
