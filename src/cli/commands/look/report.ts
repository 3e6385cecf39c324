import { resolve } from 'node:path'
import { Option, type Command } from 'commander'
import { addCommand } from '../../add-command.ts'
import { print, printJson } from '../../print.ts'
import type { KnownAccount } from '../../with-account.ts'
import { writeReport } from '../../write-report.ts'

export function addReport(program: Command): void {
  addCommand(program, {
    name: 'report',
    description: 'write a report page to read, print or send: calls, lags, scans, destinations, rejects',
    example: 'qrsync report --config qrsync.yaml --out report.html',
  })
    .option('-o, --out <file>', 'the page; not written with --json', 'report.html')
    .addOption(
      new Option(
        '--for <reader>',
        'one tab of the page that the worker serves, instead of the whole report',
      ).choices(['marketing', 'operator']),
    )
    .action(report)
}

interface ReportOptions {
  config: string
  out: string
  for?: 'marketing' | 'operator'
  json: boolean
}

/** Writes the numbers as one HTML page, from the ledger alone. */
async function report(options: ReportOptions): Promise<void> {
  const { mustBeSynced, withAccount } = await import('../../with-account.ts')
  await withAccount(options.config, async (account) => {
    mustBeSynced(account)
    const { data, toHtml } = await readPage(account, options.for)
    if (options.json) {
      printJson(data)
      return
    }
    const file = resolve(options.out)
    await writeReport(file, toHtml())
    print(`The report of ${account.state.connector} is in ${file}.`)
  })
}

interface ReadPage {
  /** In the form that `--json` prints. */
  data: object
  toHtml: () => string
}

async function readPage(account: KnownAccount, reader: ReportOptions['for']): Promise<ReadPage> {
  const { config, ledger, state } = account
  const nowMs = Date.now()
  const shown = { ledger, state, share: config.budget.share }
  switch (reader) {
    case 'marketing': {
      const { readScansData } = await import('../../../insight/report/read-scans-data.ts')
      const { scansFile } = await import('../../../report/live/file-page.ts')
      const data = await readScansData(shown, { days: 30, nowMs })
      return { data, toHtml: () => scansFile(data) }
    }
    case 'operator': {
      const { readOperations } = await import('../../../insight/report/read-operations.ts')
      const { readAttention } = await import('../../../page/read-attention.ts')
      const { operationsFile } = await import('../../../report/live/file-page.ts')
      const { toPageConnector } = await import('../../open-page.ts')
      const connector = toPageConnector(config)
      const data = {
        ...(await readOperations({ ...shown, destinations: connector.destinations }, nowMs)),
        alerts: (await readAttention(ledger, [connector], nowMs)).attention,
        runs: null,
      }
      return { data, toHtml: () => operationsFile(data) }
    }
    case undefined: {
      const { readReport } = await import('../../../insight/report/read-report.ts')
      const { reportPage } = await import('../../../report/page.ts')
      const { knownDestinations } = await import('../../known-destinations.ts')
      const data = await readReport({ ledger, state, destinations: knownDestinations(config) }, nowMs)
      return { data, toHtml: () => reportPage(data) }
    }
  }
}
