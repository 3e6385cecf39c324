import { time } from '../format.ts'
import { ago } from '../live/words.ts'
import { foreignText, markup, type Insertable, type Markup } from '../markup.ts'
import type { RunsState, RunState } from './operations-data.ts'
import { table } from '../table.ts'

/** The rows of a sync and of the deliveries after it differ. */
const rowsNote =
  'The last started first. Rows of a sync are the scans and analytics that it has landed; those of a delivery are all that it has written, codes and totals too.'

/** Lists the last runs, with links to the Temporal UI. */
export function runsSection({ runs, ui_url: uiUrl, views, error }: RunsState, nowMs: number): Markup {
  return markup`
<section aria-labelledby="runs">
<h2 id="runs">Recent runs</h2>
${
  runs.length === 0
    ? markup`<p>${error === null ? 'No run is known to Temporal.' : 'Not known: Temporal does not answer.'}</p>`
    : markup`<p>${rowsNote}</p>
${table({
  caption: 'The last runs',
  columns: ['Run', 'State', 'Started', 'Took', 'Calls', 'Rows'],
  isWide: true,
  rows: runs.map((run): Insertable[] => [
    runLink(run, uiUrl),
    stateOf(run),
    markup`<time datetime="${run.started_at}" title="${time(Date.parse(run.started_at))}">${ago(Date.parse(run.started_at), nowMs)}</time>`,
    run.ended_at === null ? null : took(Date.parse(run.ended_at) - Date.parse(run.started_at)),
    run.calls,
    run.rows,
  ]),
})}`
}
${views.length === 0 ? null : markup`<p>In the Temporal UI: ${views.map(({ name, url }, index) => markup`${index === 0 ? '' : ', '}<a href="${url}" rel="noreferrer noopener">${name}</a>`)}.</p>`}
</section>`
}

/** Names a run, and links it if the address of the Temporal UI is known. */
export function runLink({ title, workflow_id: id, run_id: run }: RunState, uiUrl: string | null): Markup {
  if (uiUrl === null) return markup`<span title="${id}">${foreignText(title)}</span>`
  const href = `${uiUrl}/workflows/${encodeURIComponent(id)}/${encodeURIComponent(run)}/history`
  return markup`<a href="${href}" rel="noreferrer noopener">${foreignText(title)}</a>`
}

const states: Readonly<Record<string, string>> = {
  RUNNING: 'running',
  COMPLETED: 'done',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  CONTINUED_AS_NEW: 'continued',
  TIMED_OUT: 'timed out',
}

function stateOf({ status, outcome }: RunState): Markup {
  if (status === 'FAILED' || status === 'TIMED_OUT') {
    return markup`<span class="bad">${states[status] ?? status}</span>`
  }
  const more = status === 'RUNNING' || outcome === 'rejects' ? outcome : null
  return markup`${states[status] ?? status}${more === null || more === 'done' ? '' : `, ${more === 'rejects' ? 'with refused rows' : more}`}`
}

function took(ms: number): string {
  const seconds = Math.round(ms / 1_000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}
