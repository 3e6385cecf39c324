import type { Actor } from '../../../src/ledger/connector/audit-tables.ts'

/** The operator whose actions a test performs. */
export const operator: Actor = { via: 'command', user: 'tester' }
