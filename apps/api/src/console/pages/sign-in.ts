/** Sign-in: the name and secret of a token, once for twelve hours. */
import { type Html, html } from "../frame/html.ts";

/** `problem`: why the last try was refused; empty at first. */
export function signInPage({ back, name, problem }: { back: string; name: string; problem: string }): Html {
  return html`<h1>Sign in</h1>
${problem === "" ? null : html`<p class="problem" role="alert">${problem}</p>`}
<form method="post" action="/console/sign-in" class="stack">
<input type="hidden" name="back" value="${back}">
<label for="name">Name of your token</label>
<input id="name" name="name" value="${name}" autocomplete="username" required maxlength="200" autocapitalize="none" spellcheck="false">
<label for="secret">Its secret</label>
<input id="secret" name="secret" type="password" autocomplete="current-password" required maxlength="1000">
<button>Sign in</button>
<p class="hint">Names and secrets are those of <code>API_TOKENS</code>. You stay signed in for twelve hours.</p>
</form>`;
}
