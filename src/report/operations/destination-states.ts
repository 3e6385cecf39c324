import { streamTable } from '../destinations-section.ts'
import { folded } from '../figure.ts'
import { count, number, time } from '../format.ts'
import { ago, statement, type Tone } from '../live/words.ts'
import { foreignText, markup, type Markup } from '../markup.ts'
import type { DestinationState, OperationsData } from './operations-data.ts'
import { describeWaitingKeys } from './waiting-keys.ts'
import { actionLink } from './now-section.ts'

/** Shows each destination: its progress, what it refuses, and what an operator can do. */
export function destinationStates(data: OperationsData, nowMs: number, isServed: boolean): Markup {
  const { connector, destinations, report } = data
  return markup`
<section aria-labelledby="destinations">
<h2 id="destinations">Destinations</h2>
${destinations.map((destination) => {
  const { name, type, where, refused_rows: refused } = destination
  const streams = report.destinations.find((each) => each.name === name)?.streams ?? []
  const { tone, text } = stateOf(destination, streams.length > 0, nowMs)
  return markup`
<div class="card">
<h3>${name} <span class="type">${type}</span></h3>
${where === null ? null : markup`<p class="soft">${foreignText(where, 200)}</p>`}
${statement(tone, text)}
${destination.refill_from === null ? null : markup`<p>It wrote to ${foreignText(destination.refill_from)} before, and is filled again from the first row.</p>`}
${waitingKeys(destination, nowMs)}
${streams.length === 0 ? null : folded('By stream', streamTable(name, streams))}
${
  isServed
    ? markup`<p class="actions">${refused > 0 ? actionLink(connector, 'replay', `Send ${number(refused)} refused again`, name) : null}${actionLink(connector, 'refill', 'Fill again', name)}</p>`
    : null
}
</div>`
})}
</section>`
}

function waitingKeys(state: DestinationState, nowMs: number): Markup | null {
  const { name: destination, waiting_keys: keys, waiting_keys_due_at: dueAt } = state
  if (keys === 0) return null
  const nextLookMs = dueAt === null ? null : Date.parse(dueAt)
  return markup`<p>${describeWaitingKeys({ destination, keys, nextLookMs }, nowMs)}.</p>`
}

/** @param hasRows whether any row for it has landed */
function stateOf(state: DestinationState, hasRows: boolean, nowMs: number): { tone: Tone; text: Markup } {
  const { rows_behind: behind, complete_at: completeAt, refused_rows: refused, failures } = state
  const refusedText = refused === 0 ? '' : ` It refuses ${count(refused, 'row')}: see below why.`
  if (failures.length > 0) {
    const streams = failures.map(({ stream, code }) => `${stream} (${code})`).join(', ')
    return {
      tone: 'bad',
      text: markup`It does not accept ${streams}; ${count(behind, 'row')} behind, ${asOf(completeAt, nowMs)}. qrsync retries automatically.${refusedText}`,
    }
  }
  if (behind === 0) {
    const text = hasRows ? 'It has every landed row, complete as of now.' : 'No rows for it have landed yet.'
    return { tone: refused > 0 ? 'bad' : 'ok', text: markup`${text}${refusedText}` }
  }
  return {
    tone: refused > 0 ? 'bad' : 'busy',
    text: markup`${count(behind, 'row')} behind, ${asOf(completeAt, nowMs)}.${refusedText}`,
  }
}

function asOf(completeAt: string | null, nowMs: number): Markup {
  if (completeAt === null) return markup`and never complete so far`
  const atMs = Date.parse(completeAt)
  return markup`complete as of ${ago(atMs, nowMs)} (<time datetime="${completeAt}">${time(atMs)}</time>)`
}
