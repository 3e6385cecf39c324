import type { Actor } from '../../../src/ledger/connector/audit-tables.ts'

/** Whoever does by hand what a test does. */
export const operator: Actor = { via: 'command', user: 'tester' }
