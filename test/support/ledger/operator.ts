import type { Actor } from '../../../src/ledger/connector/audit-trail.ts'

/** Whoever does by hand what a test does. */
export const operator: Actor = { via: 'command', user: 'tester' }
