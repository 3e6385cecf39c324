import type { TestProject } from 'vitest/node'
import { makeLedgerTemplate } from '../ledger/ledger-template.ts'
import { startPostgres } from '../ledger/postgres.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    postgresUrl: string
  }
}

/** A real PostgreSQL, stopped after the last test. One per run: all projects share that of the first. */
export default async function setUpPostgres({
  vitest,
}: TestProject): Promise<(() => Promise<void>) | undefined> {
  const { postgresUrl } = vitest.getRootProject().getProvidedContext()
  // A project that was set up before has provided it; its type does not say that it may be missing.
  if ((postgresUrl as string | undefined) !== undefined) return undefined
  const postgres = await startPostgres()
  await makeLedgerTemplate(postgres.url)
  vitest.provide('postgresUrl', postgres.url)
  return () => postgres.stop()
}
