import { markup, type Insertable, type Markup } from '../markup.ts'
import { foreignText } from '../markup.ts'
import { htmlPage } from './html-page.ts'
import { links, periods, type PeriodDays } from './links.ts'
import { liveScript } from './live-script.ts'

/** The place of a page among the others. */
export interface Standing {
  /** Null on the overview. */
  connector: string | null
  tab: 'scans' | 'operations' | null
  /** Whether there is an overview to return to. */
  hasOverview: boolean
  /** The shown period; null if there is none to choose. */
  days: PeriodDays | null
  /** The code that the page is about. */
  codeId?: string
}

export interface ServedPage {
  title: string
  standing: Standing
  main: Insertable
  /** What was just done, or what failed; null if nothing was. */
  notice: { isBad: boolean; text: string } | null
  /** Whether the page updates automatically. */
  isLive: boolean
}

const withoutScriptS = 60

/** Returns a page of the worker, with its tabs. */
export function servedPage({ title, standing, main, notice, isLive }: ServedPage): string {
  return htmlPage({
    title: `${title} · qrsync`,
    policy: null,
    header: headerOf(standing, isLive),
    main: markup`${notice === null ? null : markup`<p class="notice${notice.isBad ? ' bad' : ''}" role="status">${notice.text}</p>`}${main}`,
    footer: markup`<p>Served by the qrsync worker on this machine, from its ledger: looking at it makes no call to the API. All days and times are UTC.</p>`,
    script: isLive ? liveScript : null,
    refreshS: isLive ? withoutScriptS : null,
  })
}

function headerOf({ connector, tab, hasOverview, days, codeId }: Standing, isLive: boolean): Markup {
  return markup`<header class="top">
<p class="brand">${hasOverview ? markup`<a href="${links.overview}">qrsync</a>` : 'qrsync'}</p>
<h1>${connector === null ? 'All connectors' : foreignText(connector)}</h1>
${connector === null ? null : tabs(connector, tab)}
${connector === null || days === null ? null : periodChoice(connector, days, codeId)}
</header>${
    isLive
      ? markup`
<p id="lost" class="notice bad" role="status" hidden>qrsync does not answer: is it running? The numbers below may be old.</p>`
      : null
  }`
}

function tabs(connector: string, current: Standing['tab']): Markup {
  const tab = (name: 'scans' | 'operations', text: string, href: string) =>
    markup`<a href="${href}"${name === current ? markup` aria-current="page"` : null}>${text}</a>`
  return markup`<nav class="tabs" aria-label="Views">${tab('scans', 'Scans', links.scans(connector))}${tab('operations', 'Operations', links.operations(connector))}</nav>`
}

function periodChoice(connector: string, current: PeriodDays, codeId: string | undefined): Markup {
  return markup`<nav class="periods" aria-label="Period">${periods.map(
    (days) =>
      markup`<a href="${codeId === undefined ? links.scans(connector, days) : links.code(connector, codeId, days)}"${days === current ? markup` aria-current="true"` : null}>${days} days</a>`,
  )}</nav>`
}
