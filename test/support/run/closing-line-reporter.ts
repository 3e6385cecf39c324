import type { Reporter, TestModule } from 'vitest/node'

/** Ends the run with the plain line `N passed, N failed`. A file that does not load, and a hook that fails, count as failed. */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const count = (state: string) => tests.filter((test) => test.result().state === state).length
    const brokenModules = modules.filter((module) => module.errors().length > 0).length
    const suites = modules.flatMap((module) => [...module.children.allSuites()])
    const brokenSuites = suites.filter((suite) => suite.errors().length > 0).length
    const skipped = count('skipped')
    // After vitest's own last lines, which are written in the same turn.
    process.once('exit', () => {
      console.log(
        `${count('passed')} passed, ${count('failed') + brokenModules + brokenSuites} failed` +
          (skipped > 0 ? `, ${skipped} skipped` : ''),
      )
    })
  }
}
