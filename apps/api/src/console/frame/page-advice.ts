/** The engine's advice as a page gives it: a command that a button or a field of the console stands for is named by these. Pure. */

/** The words for each command that the console has something for; all else stays as it is. */
const PAGE_WORDS: readonly (readonly [command: RegExp, words: string])[] = [
  [/see how it went with: linkup account show \S+/, "its state here tells how it went"],
  [/see what comes of it with: linkup account show \S+/, "its state here tells what comes of it"],
  [/with: linkup account verify \S+/, "here"],
  [/with: linkup account add \S+ --email \.\.\./, "with New password"],
  [/Send the credentials again: PUT \S+, or linkup account add \S+ --email \.\.\./, "Send the credentials again with New password"],
  [/or try again with: linkup account resume \S+/, "or take it back to work as it is with Try again"],
  [/with: linkup account resume \S+/, "with Resume"],
  [/until: linkup key resume/, "until somebody opens it again"],
  [/(then|and): linkup key resume/, "$1 open it again"],
  [/to stop all calls use: linkup key pause/, "Stop everything stops all calls"],
  [/: linkup key release \S+/, " take its brake off here"],
  [/see linkup account list/, "see Accounts"],
  [/say what you saw: linkup job resolve .*$/, "say on the page Unknown what you saw"],
  [/with PATCH \S+ \(paused\), then: linkup campaign resume \S+/, "on its page, then resume it there"],
];

/** A sentence of advice for somebody who looks at the console. */
export function pageAdvice(advice: string): string {
  let said = advice;
  for (const [command, words] of PAGE_WORDS) said = said.replace(command, words);
  return said;
}
