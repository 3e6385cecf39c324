import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/run/global-setup.ts'],
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // More than two cores have: end-to-end tests wait about as long as they work.
    maxWorkers: 4,
  },
})
