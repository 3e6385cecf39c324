import { foreignText, markup, type Markup } from '../markup.ts'
import { links, type ActionName } from './links.ts'

/** What an action does and costs, for a reader who has to decide. */
export interface ActionAbout {
  connector: string
  action: ActionName
  destination: string | null
  title: string
  /** What it does, in a sentence or two. */
  does: string
  /** What it costs, one line each: calls, rows. */
  costs: readonly string[]
  /** The text of the button. */
  button: string
}

/**
 * Asks for confirmation, and shows the cost. @param token that only this page knows: another site cannot send
 * the form
 */
export function actionMain(about: ActionAbout, token: string): Markup {
  const { connector, action, destination, title, does, costs, button } = about
  return markup`
<section aria-labelledby="action" class="ask">
<h2 id="action">${title}</h2>
<p>${does}</p>
<h3>What it costs</h3>
<ul class="costs">${costs.map(
    (cost) => markup`
<li>${foreignText(cost, 400)}</li>`,
  )}
</ul>
<form method="post" action="${links.action(connector, action, destination ?? undefined)}">
<input type="hidden" name="token" value="${token}">
<p class="actions"><button class="button strong" type="submit">${button}</button><a class="button" href="${links.operations(connector)}">Cancel</a></p>
</form>
</section>`
}

/** Says what cannot be shown, and where to continue. */
export function messageMain(title: string, text: string, back: { href: string; text: string }): Markup {
  return markup`
<section aria-labelledby="message" class="ask">
<h2 id="message">${title}</h2>
<p>${foreignText(text, 1_000)}</p>
<p class="actions"><a class="button" href="${back.href}">${back.text}</a></p>
</section>`
}

/** Asks for the token of `observability.page.token`. */
export function loginMain(path: string, isWrong: boolean): Markup {
  return markup`
<section aria-labelledby="login" class="ask">
<h2 id="login">Sign in</h2>
${isWrong ? markup`<p class="bad" role="alert">This is not the token.</p>` : null}
<form method="post" action="/login">
<input type="hidden" name="path" value="${path}">
<p><label for="token">The token of this page (observability.page.token in the config file)</label></p>
<p><input id="token" name="token" type="password" autocomplete="current-password" required></p>
<p class="actions"><button class="button strong" type="submit">Sign in</button></p>
</form>
</section>`
}
