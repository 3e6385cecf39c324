import type { TestProject } from 'vitest/node'
import { findTemporalExecutable } from '../../src/temporal/find-executable.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    temporalExecutable: string
  }
}

/** The real Temporal server, found or built as `npm start` does it, before the first test. */
export default async function setup(project: TestProject): Promise<void> {
  const { path, origin } = await findTemporalExecutable({ onProgress: progressPrinter() })
  console.log(`Temporal server: ${path} (${origin})`)
  project.provide('temporalExecutable', path)
}

function progressPrinter(): (text: string) => void {
  let lastAtMs = 0
  return (text) => {
    if (Date.now() - lastAtMs < 5_000) return
    lastAtMs = Date.now()
    console.log(text)
  }
}
