import fc from 'fast-check'

/** The helps that an API need not offer, each there or not: to be assigned to a {@link import('./model-api.ts').ModelApi}. */
export const profileArbitrary = fc.record({
  hasCounts: fc.boolean(),
  hasTimes: fc.boolean(),
  sortsByLastScan: fc.boolean(),
  hasTotals: fc.boolean(),
  honoursFrom: fc.boolean(),
  honoursOrder: fc.boolean(),
  honoursUpdatedSince: fc.boolean(),
})
