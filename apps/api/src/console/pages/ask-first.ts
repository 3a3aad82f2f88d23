/** Pages that ask once more before something is done that is not easily undone. */
import { LinkupError } from "@linkup-queue/contracts";
import { actionForm, nameField } from "../frame/actions.ts";
import type { ConsolePage } from "../frame/console-page.ts";
import { counted, html } from "../frame/html.ts";
import { mustReadAccount } from "./must-read-account.ts";

export const ASK_FIRST_PAGES: readonly ConsolePage[] = [
  {
    path: "/console/stop",
    title: "Stop everything",
    role: "admin",
    menu: null,
    follows: null,
    render: async ({ viewer, reader }) => {
      const { key } = await reader.key();
      return html`<h1>Stop everything?</h1>
<p>Nothing leaves; jobs wait, free. ${counted(key.openGrants, "call")} that ${key.openGrants === 1 ? "is" : "are"} out will be finished and told.</p>
${actionForm({ action: "stop", label: "Stop everything", fields: {}, back: "/console", csrf: viewer.csrf, kind: "danger" })}
<p><a href="/console">Leave it running</a></p>`;
    },
  },
  {
    path: "/console/open",
    title: "Open again",
    role: "admin",
    menu: null,
    follows: null,
    render: async ({ viewer, reader }) => {
      const { backlog } = await reader.now();
      const waiting = backlog.queues.filter(({ queue }) => queue !== "results").reduce((sum, one) => sum + one.waiting, 0);
      return html`<h1>Open again?</h1>
<p>Calls leave again, as fast as the window lets them. ${counted(waiting, "job")} ${waiting === 1 ? "waits" : "wait"}.</p>
${actionForm({ action: "open", label: "Open", fields: {}, back: "/console", csrf: viewer.csrf })}
<p><a href="/console">Leave it stopped</a></p>`;
    },
  },
  {
    path: "/console/accounts/{id}/remove",
    title: "Remove an account",
    role: "admin",
    menu: null,
    follows: null,
    render: async (call) => {
      const { viewer } = call;
      const { id, parked } = await mustReadAccount(call);
      return html`<h1>Remove ${id}?</h1>
<p>Its secrets are forgotten. ${counted(parked, "job")} that ${parked === 1 ? "waits" : "wait"} for it will end cancelled, and what is added for it later ends failed.</p>
${actionForm({ action: "remove-account", label: `Remove ${id}`, fields: { id }, back: "/console/accounts", csrf: viewer.csrf, kind: "danger" })}
<p><a href="/console/accounts">Keep it</a></p>`;
    },
  },
  {
    path: "/console/campaigns/{id}/delete",
    title: "Delete a campaign",
    role: "producer",
    menu: null,
    follows: null,
    render: async ({ context, viewer, params: { id = "" } }) => {
      const campaign = await context.engine.campaigns.read(id);
      if (campaign === null) throw new LinkupError("not_found", "There is no such campaign");
      const { name } = campaign.definition;
      const inside = nameField(name);
      return html`<h1>Delete ${name}?</h1>
<p>Its list and its results are gone then; it can't be taken back. Outcomes are still read by their jobs, as long as they are kept. <a href="/console/campaigns/${id}/results.csv">Download its results as CSV</a> first.</p>
${actionForm({ action: "delete-campaign", label: `Delete ${name}`, fields: { id, name }, back: "/console/campaigns", csrf: viewer.csrf, inside, kind: "danger", layout: "stack" })}
<p><a href="/console/campaigns/${id}">Keep it</a></p>`;
    },
  },
  {
    path: "/console/schedules/{id}/run",
    title: "Run a schedule now",
    role: "producer",
    menu: null,
    follows: null,
    render: async ({ context, viewer, params: { id = "" } }) => {
      const schedule = await context.engine.schedules.read(id);
      if (schedule === null) throw new LinkupError("not_found", "There is no such schedule");
      const { operation, accountId } = schedule.job;
      const price = Object.entries(context.engine.prices).find(([name]) => name === operation)?.[1].rule ?? "not known";
      return html`<h1>Run ${id} now?</h1>
<p>One job is added beside its ticks: ${operation} by ${accountId}. It costs what such a job costs: ${price}.</p>
${actionForm({ action: "run-schedule", label: "Run now", fields: { id }, back: "/console/schedules", csrf: viewer.csrf })}
<p><a href="/console/schedules">Leave it</a></p>`;
    },
  },
  {
    path: "/console/unknown/{queue}/{jobId}/again",
    title: "Send again",
    role: "producer",
    menu: null,
    follows: null,
    render: async ({ context, viewer, params: { queue = "", jobId = "" } }) => {
      const [found] = (await context.jobs.views.find(jobId)).filter(({ view }) => view.queue === queue);
      const operation = found?.view.operation ?? null;
      if (found === undefined || operation === null) throw new LinkupError("not_found", "There is no such job (any more)");
      const price = Object.entries(context.engine.prices).find(([name]) => name === operation)?.[1].rule ?? "not known";
      return html`<h1>Send it again?</h1>
<p><strong>It may arrive twice.</strong> Nobody knows whether ${operation} by ${found.view.accountId} had its effect: look on LinkedIn first. It costs what such a job costs: ${price}.</p>
${actionForm({ action: "send-again", label: "It did not happen: send again", fields: { jobId, queue }, back: "/console/unknown", csrf: viewer.csrf, kind: "danger" })}
<p><a href="/console/unknown">Leave it</a></p>`;
    },
  },
];
