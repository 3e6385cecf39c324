import type {
  DeliveryStanding,
  FailingStanding,
  StreamFailure,
  SyncStanding,
} from '../activities/contract.ts'
import { timeText } from './wait-text.ts'

const barLength = 15
// The Temporal UI cuts off the last line of Markdown, so the last line is empty.
const end = '\u{a0}'

const number = (value: number) => value.toLocaleString('en')

/** The details of a sync in the Temporal UI, as Markdown: the most important first. */
export function syncDetails(
  state: string,
  done: { calls: number; scans: number },
  standing: SyncStanding | undefined,
): string {
  return [
    state,
    list([
      ...(standing === undefined
        ? []
        : [
            ['Budget', budgetText(standing)],
            ['Freshness', freshnessText(standing)],
          ]),
      ['This run', `${number(done.calls)} calls made, ${number(done.scans)} new rows landed`],
      ...(standing?.failing === undefined ? [] : [['Failing', failingText(standing.failing)]]),
      ...(standing?.clock ? [['Clock', standing.clock]] : []),
    ]),
    end,
  ].join('\n\n')
}

/** The details of a delivery in the Temporal UI, as Markdown. */
export function deliveryDetails(
  state: string,
  destination: string,
  done: { delivered: number; rejected: number },
  standing: DeliveryStanding | undefined,
  failures: readonly StreamFailure[] = [],
): string {
  return [
    state,
    list([
      ...failures.map((failure) => [`${failure.stream} fails`, failureText(failure)]),
      ['This run', `${number(done.delivered)} rows delivered, ${number(done.rejected)} refused`],
      ...(standing === undefined ? [] : [['Refused in all', refusedText(standing, destination)]]),
      ...changeOf(standing),
    ]),
    end,
  ].join('\n\n')
}

function list(items: string[][]): string {
  return items.map(([name, text]) => `- **${name}:** ${text}`).join('\n')
}

/** "scans fails: DESTINATION_UNAVAILABLE" */
export function failuresText(failures: readonly StreamFailure[]): string {
  return failures.map(({ stream, code }) => `${stream} fails: ${code}`).join(', ')
}

function failureText({ code, message, attempts, sinceMs, retryAtMs }: StreamFailure): string {
  const since = `since ${timeText(sinceMs)}, attempt ${number(attempts)}, next try ${timeText(retryAtMs)}`
  return `${code}: ${message.replaceAll(/\.?\n/g, '. ')} (${since})`
}

/** The state that the UI shows while an activity is overdue. */
export const overdueText =
  '**Overdue**: the tab *Pending Activities* shows what fails, what to do, and the next retry.'

/** "▓▓▓▓░░░░░░░░░░░ 1,234 of 5,000 calls this month" */
function budgetText({ callsThisMonth, callsPerMonth }: SyncStanding): string {
  const share = callsPerMonth === 0 ? 1 : Math.min(callsThisMonth / callsPerMonth, 1)
  const full = Math.round(share * barLength)
  const bar = '▓'.repeat(full) + '░'.repeat(barLength - full)
  return `${bar} ${number(callsThisMonth)} of ${number(callsPerMonth)} calls this month`
}

function freshnessText({ waitingScans, waitingSinceMs }: SyncStanding): string {
  if (waitingScans === 0) return 'every known scan is landed'
  const since = waitingSinceMs === null ? '' : `, the oldest since ${timeText(waitingSinceMs)}`
  return `${number(waitingScans)} scans are waiting to land${since}`
}

function changeOf(standing: DeliveryStanding | undefined): string[][] {
  const { changedTo, changedFrom, changedAtMs } = standing ?? {}
  if (changedTo === undefined || changedFrom === undefined || changedAtMs === undefined) return []
  const text = `${changedTo}, since ${timeText(changedAtMs)}; before: ${changedFrom}. qrsync fills it again from the first row.`
  return [['Writes to', text]]
}

/** "3 codes fail; GET /qr-codes fails since 2026-11-26T12:00:00Z; next try …: `qrsync status` lists them" */
function failingText({ codes, nextTryMs, outages }: FailingStanding): string {
  const wholes = outages.map(({ endpoint, sinceMs }) => {
    const what = endpoint === null ? 'the API as a whole fails' : `\`${endpoint}\` fails`
    return `${what} since ${timeText(sinceMs)}`
  })
  const some = codes === 0 ? [] : [codes === 1 ? '1 code fails' : `${number(codes)} codes fail`]
  return `${[...wholes, ...some].join('; ')}; next try ${timeText(nextTryMs)}. \`qrsync status\` lists what fails and why`
}

function refusedText({ refused }: DeliveryStanding, destination: string): string {
  return refused === 0
    ? 'none'
    : `${number(refused)}: \`qrsync rejects list --destination ${destination}\` shows why`
}
