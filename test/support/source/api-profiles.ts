import fc from 'fast-check'

/**
 * The optional features of an API, each present or not: to be assigned to a {@link
 * import('./model-api.ts').ModelApi}.
 */
export const profileArbitrary = fc.record({
  hasCounts: fc.boolean(),
  hasTimes: fc.boolean(),
  sortsByLastScan: fc.boolean(),
  hasTotals: fc.boolean(),
  honoursFrom: fc.boolean(),
  honoursOrder: fc.boolean(),
  honoursUpdatedSince: fc.boolean(),
})
