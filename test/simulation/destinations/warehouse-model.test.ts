import { describe } from 'vitest'
import { isSummary, streamNames } from '../../../src/streams/streams.ts'
import { destinationConformance } from '../../support/destinations/destination-conformance.ts'
import type { KeptRow } from '../../support/destinations/destination-under-test.ts'
import { withUpsert } from '../../support/destinations/with-upsert.ts'
import { WarehouseModel } from './warehouse-model.ts'

describe('the model of a warehouse', () => {
  let model: WarehouseModel
  let made = 0

  destinationConformance({
    streams: streamNames,
    make: () => {
      model = new WarehouseModel(`tested ${++made}`, () => Promise.resolve(), {
        writeMs: 0,
        latencyMs: () => 0,
        losesAnswer: () => false,
        forgetsRow: () => false,
        refuses: () => false,
        isWriting: () => undefined,
        failsToErase: () => false,
      })
      return Promise.resolve(withUpsert(model.open({ gatherMs: 0, rowsPerBatch: 500 })))
    },
    readBack: (stream) => {
      if (isSummary(stream)) throw new Error(`it takes no ${stream}`)
      const rows = [...model.tables[stream]]
      return Promise.resolve(rows.map(([id, json]) => ({ ...(JSON.parse(json) as KeptRow), id })))
    },
    outageOf: 'destination',
    beginOutage: () => {
      model.fault = { is: 'down' }
      const end = () => {
        model.fault = null
        return Promise.resolve()
      }
      return Promise.resolve(end)
    },
  })
})
