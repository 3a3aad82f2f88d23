/** The texts of an input that people read; the address is the recipient's name already. Pure. */
export function inputTexts(input: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(input)
    .filter(([name]) => name !== "linkedin_url")
    .map(([name, value]) => (typeof value === "string" ? value : `${name}: ${JSON.stringify(value)}`));
}
