import type { DeliveryStanding, SyncStanding } from '../activities/contract.ts'
import { timeText } from './wait-text.ts'

const barLength = 20

/** What the Temporal UI shows of a sync: Markdown, the most important first. */
export function syncDetails(
  state: string,
  done: { calls: number; scans: number },
  standing: SyncStanding | undefined,
): string {
  return [
    state,
    table([
      ...(standing === undefined
        ? []
        : [
            ['Budget', budgetText(standing)],
            ['Freshness', freshnessText(standing)],
          ]),
      ['This run', `${done.calls} calls made, ${done.scans} new rows landed`],
    ]),
  ].join('\n\n')
}

/** … and of a delivery. */
export function deliveryDetails(
  state: string,
  destination: string,
  done: { delivered: number; rejected: number },
  standing: DeliveryStanding | undefined,
): string {
  return [
    state,
    table([
      ['Destination', destination],
      ['This run', `${done.delivered} rows delivered, ${done.rejected} rejected`],
      ...(standing === undefined ? [] : [['Refused in all', refusedText(standing, destination)]]),
    ]),
  ].join('\n\n')
}

function table(rows: string[][]): string {
  return ['| | |', '| --- | --- |', ...rows.map((cells) => `| ${cells.join(' | ')} |`)].join('\n')
}

/** "▓▓▓▓▓░░░░░ 1234 of 5000 calls this month" */
function budgetText({ callsThisMonth, callsPerMonth }: SyncStanding): string {
  const share = callsPerMonth === 0 ? 1 : Math.min(callsThisMonth / callsPerMonth, 1)
  const full = Math.round(share * barLength)
  const bar = '▓'.repeat(full) + '░'.repeat(barLength - full)
  return `${bar} ${callsThisMonth} of ${callsPerMonth} calls this month`
}

function freshnessText({ waitingScans, waitingSinceMs }: SyncStanding): string {
  if (waitingScans === 0) return 'all that the list tells of is landed'
  const since = waitingSinceMs === null ? '' : `, the oldest since ${timeText(waitingSinceMs)}`
  return `${waitingScans} scans wait to be landed${since}`
}

function refusedText({ refused }: DeliveryStanding, destination: string): string {
  return refused === 0 ? 'none' : `${refused}: \`qrsync rejects list --destination ${destination}\` tells why`
}
