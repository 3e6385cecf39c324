import { day, time } from '../format.ts'
import { markup, type Markup } from '../markup.ts'
import { operationsMain } from '../operations/operations-main.ts'
import type { OperationsData } from '../operations/operations-data.ts'
import { scansMain } from '../scans/scans-main.ts'
import type { ScansData } from '../scans/scans-data.ts'
import { htmlPage } from './html-page.ts'

/** Whatever the page contains, the browser runs no script and requests no other file. */
export const filePolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

/** Returns the tab for marketing as one file. */
export function scansFile(data: ScansData): string {
  return filePage(`Scans of ${data.connector}`, data.made_at, scansMain(data, false))
}

/** Returns the tab for operators as one file: what the ledger knows, without the runs in Temporal. */
export function operationsFile(data: OperationsData): string {
  return filePage(`Operations of ${data.connector}`, data.made_at, operationsMain(data, false))
}

function filePage(title: string, madeAt: string, main: Markup): string {
  const madeMs = Date.parse(madeAt)
  return htmlPage({
    title: `${title}, ${day(madeMs)}`,
    policy: filePolicy,
    header: markup`<header>
<h1>${title}</h1>
<p>made <time datetime="${madeAt}">${time(madeMs)}</time></p>
</header>`,
    main,
    footer: markup`<p>Made by qrsync from its ledger, without a call to the API. All days and times are UTC.</p>`,
    script: null,
    refreshS: null,
  })
}
