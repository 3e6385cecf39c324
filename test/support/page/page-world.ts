import { Client, Connection } from '@temporalio/client'
import pino from 'pino'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { openLedger } from '../../../src/ledger/base/open-ledger.ts'
import type { PageConnector } from '../../../src/page/page-contract.ts'
import { startPage, type RunningPage } from '../../../src/page/start-page.ts'
import { retryUntilClosed } from '../../../src/temporal/retry-until-closed.ts'
import { createWorkspace, type Workspace } from '../processes/connector-process.ts'

/** A page on a test's own ledgers, with a Temporal server that does not answer. */
export interface PageWorld extends AsyncDisposable {
  page: RunningPage
  workspace: Workspace
  /** Of the connector `test`, unless others are given. */
  ledger: Ledger
  connectors: PageConnector[]
}

export interface PageWorldOptions {
  connectors?: string[]
  token?: string
}

export async function startPageWorld({
  connectors: names = ['test'],
  token,
}: PageWorldOptions = {}): Promise<PageWorld> {
  await using started = new AsyncDisposableStack()
  const workspace = started.use(createWorkspace())
  const ledger = await openLedger(workspace.ledger)
  started.defer(() => ledger.destroy())
  const connectors = names.map((connector) => pageConnectorOf(connector, workspace.ledger))
  // A port on which nothing listens.
  const connection = Connection.lazy({ address: '127.0.0.1:1', interceptors: retryUntilClosed })
  started.defer(() => connection.close())
  const client = new Client({ connection })
  const page = await startPage(
    // A free port: once this page has ended, another process of the tests could serve its own on the default one.
    { host: '127.0.0.1', port: 0, token },
    {
      connectors: () => connectors,
      find: (connector) =>
        names.includes(connector)
          ? { connector, ledger, place: { client, taskQueue: 'qrsync/test', hasSearchAttributes: false } }
          : null,
      temporalUi: { uiUrl: 'http://127.0.0.1:8233', namespace: 'default' },
      logger: pino({ level: 'silent' }),
    },
  )
  started.defer(() => page.close())
  const resources = started.move()
  return { page, workspace, ledger, connectors, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}

function pageConnectorOf(connector: string, location: string): PageConnector {
  return {
    connector,
    location,
    share: 1,
    hasAnalytics: true,
    codes: [],
    destinations: [
      {
        name: 'warehouse',
        type: 'duckdb',
        where: '/data/qr-codes.duckdb',
        streams: ['qr_codes', 'scans'],
        gatherMs: 0,
      },
    ],
  }
}
