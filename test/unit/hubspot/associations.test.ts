import { expect, test } from 'vitest'
import type { z } from 'zod'
import type { Ask } from '../../../src/destinations/hubspot/http/client.ts'
import { ConnectorError } from '../../../src/model/connector-error.ts'
import { Likeness } from '../../../src/destinations/hubspot/mapping/likeness.ts'
import { scanFields } from '../../../src/destinations/hubspot/mapping/scan-fields.ts'
import { PropertyOptions } from '../../../src/destinations/hubspot/account/options.ts'
import { createRecordIds } from '../../../src/destinations/hubspot/mapping/record-ids.ts'
import { NotSettled } from '../../../src/destinations/hubspot/records/settle-inputs.ts'
import { upsertScans } from '../../../src/destinations/hubspot/records/upsert-scans.ts'
import { landedScan } from '../../support/ledger/landed-rows.ts'
import { outcomesFrom } from '../../support/destinations/with-upsert.ts'

const codes = { name: 'qr_code', typeId: '2-1', forNew: null, canBeAssociated: true }
const scans = { name: 'qr_scan', typeId: '2-2' }

/** A HubSpot that accepts every record, and associates only those that the test selects. */
function vendor(associates: (scan: string) => boolean, associationCalls: string[][] = []): Ask {
  const json = (body: object) => ({
    status: 200,
    text: JSON.stringify(body),
    read: <T>(schema: z.ZodType<T>) => schema.parse(body),
    unreadable: () => new ConnectorError('DESTINATION_UNAVAILABLE', 'unreadable', { retry: 'backoff' }),
    refused: () => new ConnectorError('DESTINATION_UNAVAILABLE', 'refused', { retry: 'backoff' }),
  })
  return ({ path, body: sent }) => {
    const body: unknown = JSON.parse(sent as string)
    if (!path.includes('/associations/')) {
      const inputs = (body as { inputs: { id: string; objectWriteTraceId?: string }[] }).inputs
      const results = inputs.map(({ id, objectWriteTraceId }) => ({
        id: `record-${id}`,
        objectWriteTraceId,
        properties: { qrsync_code_id: id },
      }))
      return Promise.resolve(json({ results }))
    }
    const inputs = (body as { inputs: { from: { id: string }; to: { id: string } }[] }).inputs
    associationCalls.push(inputs.map(({ from }) => from.id))
    return Promise.resolve(json({ results: inputs.filter(({ from }) => associates(from.id)) }))
  }
}

function deliver(ask: Ask) {
  const recordIds = createRecordIds()
  recordIds.set('code-1', { recordId: 'record-code-1', isNamed: true })
  const likeness = new Likeness()
  const rows = [landedScan(1), landedScan(2)]
  return outcomesFrom(
    upsertScans(
      ask,
      { codes, scans },
      { recordIds, likeness, fields: scanFields('UTC'), options: new PropertyOptions('en') },
      rows,
    ),
  )
}

test('a scan is not confirmed unless HubSpot reports its association', async () => {
  await expect(deliver(vendor(() => false))).rejects.toThrow(NotSettled)
})

test('an association without an answer is requested again alone, and refused only if that is without result too', async () => {
  const calls: string[][] = []
  const outcome = await deliver(vendor((scan) => scan === 'record-scan-1', calls))
  expect(calls.slice(0, 2)).toEqual([['record-scan-1', 'record-scan-2'], ['record-scan-2']])
  expect(outcome).toEqual([
    { id: 'scan-1', is: 'confirmed' },
    { id: 'scan-2', is: 'rejected', reason: expect.any(String) as string },
  ])
})
