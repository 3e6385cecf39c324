import type { TestProject } from 'vitest/node'
import { makeLedgerTemplate } from '../ledger/ledger-template.ts'
import { startPostgres } from '../ledger/postgres.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    postgresUrl: string
  }
}

/** A real PostgreSQL, stopped after the last test. One for a run: all projects share that of the first that asks. */
export default async function setUpPostgres({
  vitest,
}: TestProject): Promise<(() => Promise<void>) | undefined> {
  const { postgresUrl } = vitest.getRootProject().getProvidedContext()
  // Of a project that was set up before this one; the type does not know that there may be none.
  if ((postgresUrl as string | undefined) !== undefined) return undefined
  const postgres = await startPostgres()
  await makeLedgerTemplate(postgres.url)
  vitest.provide('postgresUrl', postgres.url)
  return () => postgres.stop()
}
