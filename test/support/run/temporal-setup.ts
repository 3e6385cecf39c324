import type { TestProject } from 'vitest/node'
import { findTemporalExecutable } from '../../../src/temporal/server/find-executable.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    temporalExecutable: string
  }
}

/** The real Temporal server, found or built as `npm start` does it. Once for a run, whichever project asks first. */
export default async function setUpTemporal({ vitest }: TestProject): Promise<void> {
  const { temporalExecutable } = vitest.getRootProject().getProvidedContext()
  // Of a project that was set up before this one; the type does not know that there may be none.
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
