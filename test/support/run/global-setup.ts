import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import envPaths from 'env-paths'
import type { TestProject } from 'vitest/node'
import { findTemporalExecutable } from '../../../src/temporal/server/find-executable.ts'
import { makeLedgerTemplate } from '../ledger/ledger-template.ts'
import { startPostgres } from '../ledger/postgres.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    temporalExecutable: string
    postgresUrl: string
  }
}

/**
 * Before the first test: the real Temporal server, found or built as `npm start` does it, and a real PostgreSQL, which
 * is stopped after the last.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Most of a short command is to compile what it imports: a quarter of the CPU of all processes that tests start.
  process.env['NODE_COMPILE_CACHE'] ??= join(envPaths('qrsync', { suffix: '' }).cache, 'compiled-modules')
  const folder = await mkdtemp(join(tmpdir(), 'qrsync-tests-'))
  process.env['KEPT_BUNDLE'] = join(folder, 'workflows.js')
  const { path, origin } = await findTemporalExecutable({ onProgress: progressPrinter() })
  console.log(`Temporal server: ${path} (${origin})`)
  project.provide('temporalExecutable', path)
  const postgres = await startPostgres()
  await makeLedgerTemplate(postgres.url)
  project.provide('postgresUrl', postgres.url)
  return async () => {
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

function progressPrinter(): (text: string) => void {
  let lastAtMs = 0
  return (text) => {
    if (Date.now() - lastAtMs < 5_000) return
    lastAtMs = Date.now()
    console.log(text)
  }
}
