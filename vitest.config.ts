import { defineConfig } from 'vitest/config'
import LongestFirst from './test/support/run/longest-first.ts'

const temporal = 'test/support/run/temporal-setup.ts'
const postgres = 'test/support/run/postgres-setup.ts'
const bigQuery = 'test/support/run/bigquery-setup.ts'
const processes = 'test/support/run/processes-setup.ts'

/** What a project needs before its first test; all of them run in one pool, and share what is set up. */
const projects = [
  { name: 'unit', folders: ['unit'], globalSetup: [] },
  { name: 'ledger', folders: ['ledger'], globalSetup: [postgres] },
  { name: 'contract', folders: ['contract', 'fuzz'], globalSetup: [temporal, postgres, bigQuery, processes] },
  { name: 'e2e', folders: ['e2e'], globalSetup: [temporal, postgres, bigQuery, processes] },
  { name: 'simulation', folders: ['simulation', 'planner', 'replay'], globalSetup: [temporal] },
]

export default defineConfig({
  test: {
    reporters: ['default', './test/support/run/closing-line-reporter.ts'],
    // A worker runs one file after the other without loading the code again, which would take a minute in all. A
    // file shares nothing with the next: each has ledgers, folders and servers of its own, and stops what it starts.
    isolate: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // More than two cores have: end-to-end tests wait about as long as they work. A fifth would load the code once
    // more than it saves.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    projects: projects.map(({ folders, ...project }) => ({
      extends: true as const,
      test: {
        ...project,
        include: folders.map((folder) => `test/${folder}/**/*.test.ts`),
      },
    })),
  },
})
