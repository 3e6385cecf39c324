import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import getPort from 'get-port'
import { until } from '../until.ts'
import { testServerFromMaven } from './test-server.ts'

/** A download that neither succeeds nor fails must not use up the test's whole time. */
const downloadWithinMs = 60_000

/**
 * A Temporal server on which a month passes in seconds: while nothing is running, it skips to its next timer.
 * Its time begins at `startMs`, which must be in the future.
 *
 * Every workflow needs a `workflowRunTimeout`: the server treats it as a timer, and without one skips years to
 * the default.
 */
export async function startTimeSkipping(startMs: number): Promise<TimeSkipping> {
  const started = await downloaded().catch(fromMaven)
  const { environment } = started
  await environment.sleep(startMs - (await environment.currentTimeMs()))
  return started
}

export interface TimeSkipping {
  environment: TestWorkflowEnvironment
  stop: () => Promise<void>
}

async function downloaded(): Promise<TimeSkipping> {
  const givenUp = new AbortController()
  const tooLate = sleep(downloadWithinMs, undefined, { signal: givenUp.signal }).then(() => {
    throw new Error(`nothing came in ${downloadWithinMs / 1_000} s`)
  })
  tooLate.catch(() => undefined)
  const environment = await Promise.race([TestWorkflowEnvironment.createTimeSkipping(), tooLate]).finally(
    () => {
      givenUp.abort()
    },
  )
  return { environment, stop: () => environment.teardown() }
}

async function fromMaven(downloadFailure: unknown): Promise<TimeSkipping> {
  const path = await testServerFromMaven().catch((error: unknown) => {
    const missing = error instanceof Error ? error.message : String(error)
    throw new Error(
      `No Temporal test server: install Java 17 and Maven (${missing}), or let Temporal's SDK download it from ` +
        'https://temporal.download, which failed.',
      { cause: downloadFailure },
    )
  })
  // We start it ourselves: the SDK waits 5 seconds for a server, and a busy machine may need longer.
  const port = await getPort({ host: '127.0.0.1' })
  const server = spawn(path, [String(port)], { stdio: 'ignore' })
  await until(() => {
    if (server.exitCode !== null) throw new Error(`The Temporal test server ended with ${server.exitCode}`)
    return isOpen(port)
  })
  const environment = await connectTo(`127.0.0.1:${port}`)
  return {
    environment,
    async stop() {
      await environment.teardown()
      const ended = once(server, 'exit')
      server.kill()
      await ended
    },
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => {
      resolve(false)
    })
  })
}

type Create = (options: object) => Promise<TestWorkflowEnvironment>

/** The SDK's public functions for an existing server do not support time skipping; its own `create` does. */
function connectTo(address: string): Promise<TestWorkflowEnvironment> {
  const create = (TestWorkflowEnvironment as unknown as { create: Create }).create
  return create.call(TestWorkflowEnvironment, {
    server: { type: 'existing' },
    supportsTimeSkipping: true,
    address,
  })
}
