/** Why a post to a webhook failed, and what to do, as a person is told it: for doctor, command line and console alike. Pure. */

type DeliveryWords = { what: string; advice: string };

const WORDS: Readonly<Record<string, DeliveryWords>> = {
  address_refused: {
    what: "its address is not public, and workers post to public ones alone",
    advice: "Put it with a public address, or set LINKUP_WEBHOOK_ALLOW_PRIVATE=1 where the workers run",
  },
  name_not_resolved: { what: "the name of its host is not known", advice: "Correct the host in its address, or the DNS of the workers" },
  tls_failed: {
    what: "its certificate does not hold",
    advice: "Renew the certificate of the receiver, for the host that its address names",
  },
  connection_failed: {
    what: "the connection was refused or broke",
    advice: "Look whether the receiver runs, and whether workers may reach it",
  },
  timed_out: { what: "it did not answer within 15 seconds", advice: "Let the receiver answer 2xx first, and do its work afterwards" },
  redirected: { what: "it answered with a redirect, which is not followed", advice: "Put it with the address that it redirects to" },
  webhook_down: {
    what: "it had failed for a day whatever was posted",
    advice: "Mend the receiver; what failed last stands at the webhook",
  },
  http_401: {
    what: "the receiver refuses the signature (401)",
    advice: "Put it with the secret that the receiver has, and look at its clock",
  },
  http_403: { what: "the receiver lets nobody in (403)", advice: "Let posts of the workers pass there: a firewall or a rule refuses them" },
  http_404: { what: "there is nothing at its path (404)", advice: "Put it with the path that the receiver has" },
  http_410: {
    what: "the receiver says that it is gone (410)",
    advice: "Put it again to go on, with another address where it moved, or remove it",
  },
  http_413: { what: "the receiver takes no body of this length (413)", advice: "Raise the length that the receiver takes" },
  http_429: {
    what: "the receiver asks for fewer posts (429)",
    advice: "Nothing, if it goes on by itself; else raise the receiver's bound",
  },
};

/** Of a receiver that answers 4xx or 5xx otherwise. */
const REFUSES = "Look into the log of the receiver: any answer but 2xx is a failure";

/** `why`: as the post's result has it; one of a few words, or `http_` and the status. */
export function deliveryWords(why: string): DeliveryWords {
  if (Object.hasOwn(WORDS, why)) return WORDS[why] ?? { what: why, advice: REFUSES };
  const [, status] = /^http_(\d{3})$/.exec(why) ?? [];
  if (status === undefined) return { what: why.replaceAll("_", " "), advice: REFUSES };
  return { what: `the receiver ${Number(status) >= 500 ? "fails" : "refuses"} (${status})`, advice: REFUSES };
}
