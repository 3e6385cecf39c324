import { count, time } from '../format.ts'
import { links, type ActionName } from '../live/links.ts'
import { ago, causeOf, describeUpToDate, statement, until, type Tone } from '../live/words.ts'
import { foreignText, markup, type Markup } from '../markup.ts'
import type { OperationsData, RunState } from './operations-data.ts'
import { runLink } from './runs-section.ts'

/** Shows what is running and why it waits. */
export function nowSection(data: OperationsData, nowMs: number, isServed: boolean): Markup {
  const { runs, connector } = data
  const running = runs?.runs.filter(({ status }) => status === 'RUNNING') ?? []
  const isPaused = runs?.schedule?.is_paused === true
  const { tone, text } = syncText(data, running, nowMs)
  return markup`
<section aria-labelledby="now">
<h2 id="now">Now</h2>
${statement(tone, text)}
<p>${describeUpToDate(data.up_to_date, nowMs).text}</p>
${
  running.length === 0
    ? null
    : markup`<ul class="running">${running.map(
        (run) => markup`
<li>${runLink(run, runs?.ui_url ?? null)} <span class="soft">since ${ago(Date.parse(run.started_at), nowMs)}</span>${run.failure === null ? progressOf(run) : markup`: <span class="bad">fails and is retried</span>`}</li>`,
      )}
</ul>`
}
${isServed ? markup`<p class="actions">${actionLink(connector, 'sync', 'Sync now')}${isPaused ? actionLink(connector, 'resume', 'Resume') : actionLink(connector, 'pause', 'Pause')}</p>` : null}
</section>`
}

export function actionLink(
  connector: string,
  action: ActionName,
  text: string,
  destination?: string,
): Markup {
  return markup`<a class="button" href="${links.action(connector, action, destination)}">${text}</a>`
}

function progressOf({ calls, rows }: RunState): string {
  const parts = [
    ...(calls === null || calls === 0 ? [] : [count(calls, 'call')]),
    ...(rows === null || rows === 0 ? [] : [count(rows, 'row')]),
  ]
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`
}

function syncText(
  { sync, up_to_date: { waits, waiting_scans: waiting }, runs }: OperationsData,
  running: readonly RunState[],
  nowMs: number,
): { tone: Tone; text: Markup } {
  const last =
    sync.last_at === null
      ? 'No sync has ended yet.'
      : `The last sync made progress ${ago(Date.parse(sync.last_at), nowMs)}.`
  if (runs?.schedule?.is_paused === true) {
    const note = runs.schedule.note
    return {
      tone: 'bad',
      text: markup`Paused: no planned call is made, and deliveries continue. ${note === null ? '' : markup`Note: ${foreignText(note, 200)}. `}${last}`,
    }
  }
  if (sync.failure !== null) {
    return { tone: 'bad', text: markup`No sync can continue: ${sync.failure}. ${last}` }
  }
  if (waits !== null) {
    const scans = waiting === 0 ? '' : `; ${count(waiting, 'scan')} ${waiting === 1 ? 'waits' : 'wait'}`
    return {
      tone: 'bad',
      text: markup`Waiting: ${lowerFirst(causeOf(waits.reason))} until ${time(Date.parse(waits.until))}${scans}. ${last}`,
    }
  }
  const syncing = running.some(({ title }) => !title.startsWith('delivery'))
  const look = sync.next_look_at === null ? null : Date.parse(sync.next_look_at)
  if (syncing && (look === null || look <= nowMs)) {
    return { tone: 'busy', text: markup`A sync is running. ${last}` }
  }
  if (look !== null && look > nowMs) {
    return {
      tone: 'ok',
      text: markup`Waiting: nothing is worth a call yet; qrsync checks again ${until(look, nowMs)}. ${last}`,
    }
  }
  return { tone: 'ok', text: markup`Idle. ${last}${nextRun(runs, sync.due_at, nowMs)}` }
}

function nextRun(runs: OperationsData['runs'], dueAt: string | null, nowMs: number): string {
  const at = runs?.schedule?.next_run_at ?? dueAt
  return at === null || Date.parse(at) <= nowMs ? '' : ` The next run is ${until(Date.parse(at), nowMs)}.`
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1)
