import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestProject } from 'vitest/node'
import { startBqEmulator, type BqEmulator } from '../bigquery/bqemulator.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Answers with the address of the run's bqemulator, which starts with the first request. */
    bqEmulatorStarter: string
  }
}

/**
 * A bqemulator for the whole run, stopped after the last test. It starts when the first test asks for it, because
 * that takes seconds, and most runs of a single file need none.
 */
export default async function setUpBigQuery({
  vitest,
}: TestProject): Promise<(() => Promise<void>) | undefined> {
  const { bqEmulatorStarter } = vitest.getRootProject().getProvidedContext()
  // A project that was set up before has provided it; its type does not say that it may be missing.
  if ((bqEmulatorStarter as string | undefined) !== undefined) return undefined
  let emulator: Promise<BqEmulator> | undefined
  const starter = createServer((_request, response) => {
    emulator ??= startBqEmulator()
    emulator.then(
      ({ url }) => response.end(url),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  starter.listen(0, '127.0.0.1')
  await once(starter, 'listening')
  vitest.provide('bqEmulatorStarter', `http://127.0.0.1:${(starter.address() as AddressInfo).port}`)
  return async () => {
    starter.close()
    const started = await emulator?.catch(() => undefined)
    await started?.stop()
  }
}
