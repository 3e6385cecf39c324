import { rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { reportPage } from '../../report/page.ts'
import { print } from '../views/format.ts'
import { readReport } from '../read-report.ts'
import { NoAnswer } from '../run-to-exit.ts'
import { mustBeSynced, withAccount } from '../with-account.ts'

export interface ReportOptions {
  config: string
  out: string
  json: boolean
}

/** `qrsync report`: the numbers as one page of HTML, from the ledger alone. */
export async function report(options: ReportOptions): Promise<void> {
  await withAccount(options.config, async (account) => {
    mustBeSynced(account)
    const data = await readReport(account, Date.now())
    if (options.json) print(JSON.stringify(data))
    else {
      const file = resolve(options.out)
      await writeWhole(file, reportPage(data))
      print(`The report of ${data.connector} is in ${file}.`)
    }
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
      `The report cannot be written to ${file}: ${reasonOf(error)}. Name another with --out.`,
    )
  }
}

const reasons = new Map([
  ['ENOENT', 'there is no such folder'],
  ['ENOTDIR', 'there is no such folder'],
  ['EACCES', 'we may not write there'],
  ['EPERM', 'we may not write there'],
  ['EROFS', 'it is on a disk that cannot be written'],
  ['ENOSPC', 'the disk is full'],
  ['EISDIR', 'it is a folder'],
  ['ENOTEMPTY', 'it is a folder'],
])

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return reasons.get(code ?? '') ?? message
}
