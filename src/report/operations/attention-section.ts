import { codeName, count, time } from '../format.ts'
import { ago, statement, until } from '../live/words.ts'
import { foreignText, markup, type Insertable, type Markup } from '../markup.ts'
import type { Attention, OperationsData } from './operations-data.ts'

const shownFailures = 10

/** Lists what needs attention, the most urgent first. */
export function attentionSection(data: OperationsData, nowMs: number): Markup {
  const items = attentionOf(data, nowMs)
  return markup`
<section aria-labelledby="attention">
<h2 id="attention">Needs attention</h2>
${
  items.length === 0
    ? statement('ok', markup`Nothing needs attention.`)
    : markup`<ul class="attention">${items.map(
        (item) => markup`
<li>${item}</li>`,
      )}
</ul>`
}
</section>`
}

function attentionOf(data: OperationsData, nowMs: number): Insertable[] {
  const { alerts, runs, sync } = data
  return [
    ...(runs?.error == null
      ? []
      : [markup`<strong>Temporal does not answer.</strong> ${foreignText(runs.error, 400)}`]),
    ...(sync.failure === null || alerts.some(({ condition }) => condition === 'sync failed')
      ? []
      : [markup`<strong>No sync can continue: ${sync.failure}.</strong> “qrsync status” shows what to fix.`]),
    ...alerts.map((alert) => alertText(alert, nowMs)),
    ...failingRuns(data, nowMs),
    ...failingTexts(data, nowMs),
  ]
}

function alertText({ condition, destination, text, since }: Attention, nowMs: number): Markup {
  const title = condition.charAt(0).toUpperCase() + condition.slice(1)
  return markup`<strong>${title}${destination === '' ? '' : `, ${destination}`}.</strong> ${foreignText(text, 600)}${since === null ? null : markup` <span class="soft">Since ${time(Date.parse(since))}, ${ago(Date.parse(since), nowMs)}.</span>`}`
}

/** Runs whose work fails now: Temporal retries it. */
function failingRuns({ runs }: OperationsData, nowMs: number): Markup[] {
  return (runs?.runs ?? []).flatMap(({ title, failure }) => {
    if (failure === null) return []
    const { message, next_attempt_at: at } = failure
    const next = at === null ? '' : ` Next try ${until(Date.parse(at), nowMs)}.`
    return [markup`<strong>${title} fails.</strong> ${foreignText(sentence(message), 400)}${next}`]
  })
}

/** Failures that are retried: an alert follows only if they last. */
function failingTexts(
  { failing: { failures, outages }, destinations }: OperationsData,
  nowMs: number,
): Markup[] {
  const next = (at: string) => ` Next try ${until(Date.parse(at), nowMs)}`
  const more = failures.length - shownFailures
  return [
    ...outages.map(
      ({ endpoint, code, message, next_probe_at: at }) =>
        markup`<strong>${endpoint ?? 'The API'} fails: ${code}.</strong> ${foreignText(sentence(message), 400)}${next(at)}.`,
    ),
    ...failures
      .slice(0, shownFailures)
      .map(
        ({ qr_code_id: id, name, endpoint, code, message, next_try_at: at }) =>
          markup`<strong>${id === null ? endpoint : markup`Code ${foreignText(codeName({ id, name }), 80)}`}: ${code}.</strong> ${foreignText(sentence(message), 400)}${next(at)}.`,
      ),
    ...(more > 0 ? [markup`Calls of ${count(more, 'more code')} fail; “qrsync status” shows them.`] : []),
    ...destinations.flatMap(({ name, failures: streams }) =>
      streams.map(
        ({ stream, code, message, next_try_at: at }) =>
          markup`<strong>${name} does not accept ${stream}: ${code}.</strong> ${foreignText(sentence(message), 400)}${next(at)}.`,
      ),
    ),
  ]
}

/** Ends the text with one full stop. */
const sentence = (message: string) => `${message.trimEnd().replace(/[.]$/, '')}.`
