import { whyMissing, type Difference } from '../report/missing-scans.ts'
import { codeName, number, print, table } from './format.ts'
import { readDifferences } from './read-differences.ts'
import { mustBeSynced, withAccount } from './with-account.ts'

export interface VerifyOptions {
  config: string
  json: boolean
}

/** `qrsync verify`: holds what the API counts of each code against what is landed. Exits with 1 where scans are lost. */
export async function verify(options: VerifyOptions): Promise<void> {
  await withAccount(options.config, async (account) => {
    mustBeSynced(account)
    const { ledger, state } = account
    const nowMs = Date.now()
    const verified = await readDifferences(ledger, state, nowMs)
    const { differences, ...totals } = verified
    if (options.json) print(JSON.stringify({ connector: state.connector, ...verified }))
    else {
      if (differences.length > 0) print(describe(differences, nowMs))
      print(
        `${number(totals.complete_codes)} of ${number(totals.codes)} codes complete, ` +
          `${number(totals.landed_scans)} scans landed` +
          (totals.unexplained_scans === 0
            ? '.'
            : `; ${number(totals.unexplained_scans)} are missing, and nothing explains it.`),
      )
    }
    if (totals.unexplained_scans > 0) process.exitCode = 1
  })
}

function describe(differences: readonly Difference[], nowMs: number): string {
  return table(
    ['Code', 'What becomes of the rest', 'Listed', 'Landed'],
    2,
    differences.map((code) => [
      codeName(code),
      whyMissing(code, nowMs).join('\n'),
      code.listed ?? '–',
      code.landed,
    ]),
  )
}
