import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'

export interface TemporaryDatabase extends AsyncDisposable {
  url: string
}

/** A database on the tests' PostgreSQL server: empty, or a copy of another one. */
export async function temporaryDatabase(template = 'template1'): Promise<TemporaryDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await onServer(`create database ${name} template ${template}`)
  const url = new URL(inject('postgresUrl'))
  url.pathname = name
  return {
    url: url.href,
    [Symbol.asyncDispose]: () => onServer(`drop database ${name} with (force)`),
  }
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgresUrl') })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
