import { rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { addCommand } from '../../add-command.ts'
import { print, printJson } from '../../print.ts'
import { NoAnswer } from '../../run-to-exit.ts'

export function addReport(program: Command): void {
  addCommand(program, {
    name: 'report',
    description: 'write a report page to read, print or send: calls, lags, scans, destinations, rejects',
    example: 'qrsync report --config qrsync.yaml --out report.html',
  })
    .option('-o, --out <file>', 'the page; not written with --json', 'report.html')
    .action(report)
}

interface ReportOptions {
  config: string
  out: string
  json: boolean
}

/** The numbers as one page of HTML, from the ledger alone. */
async function report(options: ReportOptions): Promise<void> {
  const { readReport } = await import('../../../insight/report/read-report.ts')
  const { knownDestinations } = await import('../../known-destinations.ts')
  const { mustBeSynced, withAccount } = await import('../../with-account.ts')
  await withAccount(options.config, async (account) => {
    mustBeSynced(account)
    const { config, ledger, state } = account
    const data = await readReport({ ledger, state, destinations: knownDestinations(config) }, Date.now())
    if (options.json) {
      printJson(data)
      return
    }
    const { reportPage } = await import('../../../report/page.ts')
    const file = resolve(options.out)
    await writeWhole(file, reportPage(data))
    print(`The report of ${data.connector} is in ${file}.`)
  })
}

/** Whoever opens the file meanwhile sees all of the old page or all of the new one. */
async function writeWhole(file: string, text: string): Promise<void> {
  const part = join(dirname(file), `.qrsync-report-${process.pid}`)
  try {
    await writeFile(part, text)
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined)
    throw new NoAnswer(
      `The report cannot be written to ${file}: ${reasonOf(error)}. Use another file with --out.`,
    )
  }
}

const reasons = new Map([
  ['ENOENT', 'the folder does not exist'],
  ['ENOTDIR', 'the folder does not exist'],
  ['EACCES', 'qrsync has no write permission there'],
  ['EPERM', 'qrsync has no write permission there'],
  ['EROFS', 'its disk is read-only'],
  ['ENOSPC', 'the disk is full'],
  ['EISDIR', 'it is a folder'],
  ['ENOTEMPTY', 'it is a folder'],
])

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return reasons.get(code ?? '') ?? message
}
