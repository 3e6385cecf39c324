import { defineConfig } from 'vitest/config'
import LongestFirst from './test/support/run/longest-first.ts'

const temporal = 'test/support/run/temporal-setup.ts'
const postgres = 'test/support/run/postgres-setup.ts'
const processes = 'test/support/run/processes-setup.ts'

/** What a project needs before its first test; all of them run in one pool, and share what is set up. */
const projects = [
  // Pure code that shares nothing: one worker may run many files.
  { name: 'unit', folders: ['unit'], globalSetup: [], isolate: false },
  // Each test has a ledger of its own.
  { name: 'ledger', folders: ['ledger'], globalSetup: [postgres], isolate: false },
  { name: 'contract', folders: ['contract', 'fuzz'], globalSetup: [temporal, postgres, processes] },
  { name: 'e2e', folders: ['e2e'], globalSetup: [temporal, postgres, processes] },
  { name: 'simulation', folders: ['simulation', 'planner', 'replay'], globalSetup: [temporal] },
]

export default defineConfig({
  test: {
    reporters: ['default', './test/support/run/closing-line-reporter.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // More than two cores have: end-to-end tests wait about as long as they work.
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
