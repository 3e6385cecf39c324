import type { CallPacer } from '../../../src/destinations/call-pacer.ts'
import { createHubSpotDestination } from '../../../src/destinations/hubspot/hubspot-destination.ts'
import { ConnectorError } from '../../../src/model/connector-error.ts'
import type { LandedRow } from '../../../src/streams/streams.ts'
import type { CodeSummary, LinkSummary } from '../../../src/streams/summaries.ts'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import {
  hubspotSettings,
  type HubSpotSettings as AllSettings,
} from '../../../src/destinations/hubspot/settings.ts'
import { withUpsert } from './with-upsert.ts'

/** As in a config file. */
export type HubSpotSettings = Partial<Omit<AllSettings, 'type'>>

export const unpaced: CallPacer = { take: () => Promise.resolve(0) }

/** Creates the destination of a config entry, with the token and address of the fake. */
export function destinationTo(
  fake: Pick<FakeHubSpot, 'url' | 'token'>,
  settings: HubSpotSettings = {},
  { name = 'crm', pacer = unpaced } = {},
) {
  const config = hubspotSettings.parse({ type: 'hubspot', token: fake.token, url: fake.url, ...settings })
  return withUpsert(createHubSpotDestination({ name, config, pacer }))
}

const totals = {
  total_scans: 7,
  unique_scans: 5,
  scans_last_7_days: 2,
  scans_last_30_days: 4,
  first_scanned_at: '2026-01-02T03:04:05.678Z',
  last_scanned_at: '2026-02-03T04:05:06.789Z',
  top_device: 'mobile',
  top_country: 'PL',
  last_device: 'tablet',
  last_country: 'CZ',
  last_city: 'Brno',
}

export function codeRow(number: number, fields: Partial<CodeSummary> = {}): LandedRow {
  return landed({
    id: `code-${number}`,
    name: `Menu ${number}`,
    destination_url: 'https://example.com/menu?utm_id=1&utm_source=table',
    short_url: `https://qr.example.com/r/${number}`,
    status: 'active',
    ...totals,
    ...fields,
  })
}

export function codeRows(count: number, fields: Partial<CodeSummary> = {}): LandedRow[] {
  return Array.from({ length: count }, (_, number) => codeRow(number, fields))
}

export function linkRow(rule: string, record: string, fields: Partial<LinkSummary> = {}): LandedRow {
  const row: LinkSummary = {
    id: `${rule}#${record}`,
    rule,
    record,
    codes: 1,
    code_names: ['Menu 1'],
    last_code: 'Menu 1',
    ...totals,
    ...fields,
  }
  return landed(row)
}

function landed(row: { id: string }): LandedRow {
  return { seq: 0, id: row.id, json: JSON.stringify(row) }
}

type HubSpotDestination = ReturnType<typeof destinationTo>
type Stream = HubSpotDestination['streams'][number]

/** Delivers like a workflow, but without delays: retries after errors. */
export async function untilDelivered(to: HubSpotDestination, stream: Stream, rows: readonly LandedRow[]) {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return { attempts, ...(await to.upsert(stream, rows)) }
    } catch (error) {
      if (!(error instanceof ConnectorError) || error.retry === 'never' || attempts >= 100) throw error
    }
  }
}

/** Counts calls such as `batch/upsert`, by the end of their path. */
export function callsTo(fake: FakeHubSpot, end: string): number {
  return Object.entries(fake.calls)
    .filter(([path]) => path.endsWith(end))
    .reduce((sum, [, { calls }]) => sum + calls, 0)
}
