import type { TestProject } from 'vitest/node'
import { findTemporalExecutable } from '../../../src/temporal/server/find-executable.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    temporalExecutable: string
  }
}

/**
 * The real Temporal server, found or built like `npm start` does it. One per run, for the first project that
 * needs it.
 */
export default async function setUpTemporal({ vitest }: TestProject): Promise<void> {
  const { temporalExecutable } = vitest.getRootProject().getProvidedContext()
  // A project that was set up before has provided it; its type does not say that it may be missing.
  if ((temporalExecutable as string | undefined) !== undefined) return
  const { path, origin } = await findTemporalExecutable({ onProgress: progressPrinter() })
  console.log(`Temporal server: ${path} (${origin})`)
  vitest.provide('temporalExecutable', path)
}

function progressPrinter(): (text: string) => void {
  let lastAtMs = 0
  return (text) => {
    if (Date.now() - lastAtMs < 5_000) return
    lastAtMs = Date.now()
    console.log(text)
  }
}
