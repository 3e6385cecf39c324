import { setTimeout as sleep } from 'node:timers/promises'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { testServerFromMaven } from './test-server.ts'

/** A download that neither comes nor fails must not take the test's whole time. */
const downloadWithinMs = 60_000

/**
 * A Temporal server on which a month passes in seconds: while nothing is at work, it skips to its next timer. Its time
 * begins at `startMs`, which must lie ahead.
 *
 * Every workflow needs a `workflowRunTimeout`: the server takes that for a timer, and without one skips years to the default.
 */
export async function startTimeSkipping(startMs: number): Promise<TestWorkflowEnvironment> {
  const environment = await downloaded().catch(fromMaven)
  await environment.sleep(startMs - (await environment.currentTimeMs()))
  return environment
}

async function downloaded(): Promise<TestWorkflowEnvironment> {
  const givenUp = new AbortController()
  const tooLate = sleep(downloadWithinMs, undefined, { signal: givenUp.signal }).then(() => {
    throw new Error(`nothing came in ${downloadWithinMs / 1_000} s`)
  })
  tooLate.catch(() => undefined)
  return Promise.race([TestWorkflowEnvironment.createTimeSkipping(), tooLate]).finally(() => {
    givenUp.abort()
  })
}

async function fromMaven(downloadFailure: unknown): Promise<TestWorkflowEnvironment> {
  const path = await testServerFromMaven().catch((error: unknown) => {
    const missing = error instanceof Error ? error.message : String(error)
    throw new Error(
      `No Temporal test server: install Java 17 and Maven (${missing}), or let Temporal's SDK download it from ` +
        'https://temporal.download, which failed.',
      { cause: downloadFailure },
    )
  })
  return TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  })
}
