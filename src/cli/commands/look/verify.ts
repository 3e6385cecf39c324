import type { Command } from 'commander'
import { withVisibleText } from '../../../model/visible-text.ts'
import { addCommand } from '../../add-command.ts'
import type { Ledger } from '../../../ledger/base/schema.ts'
import { print, printJson } from '../../print.ts'
import { exitCodes, WrongUse } from '../../run-to-exit.ts'
import type { Fixed } from '../../verify/fix.ts'
import type { KnownAccount } from '../../with-account.ts'
import type { VerifiedDestination } from '../../verify/verify-destinations.ts'

export function addVerify(program: Command): void {
  addCommand(program, {
    name: 'verify',
    description:
      "compare the landed scans of each code with the API's count, and each destination with the landed scans",
    example: 'qrsync verify --config qrsync.yaml',
    notAllIsWell: 'scans are missing without an explanation, or calls to the API fail',
  })
    .option('--no-destinations', 'read only the ledger')
    .option('--fix', 'first fill destinations again that lack rows; makes no call to the API', false)
    .action(verify)
}

interface VerifyOptions {
  config: string
  /** Whether to query destinations too. */
  destinations: boolean
  /** Whether to first do what it would advise. */
  fix: boolean
  json: boolean
}

/**
 * Compares what has landed of each code with the API's counts, and the rows of each destination with what has
 * landed. Exits with 3 if scans are missing and unexplained, and while calls fail or no sync can run, because
 * their scans are not on their way. Makes no call.
 */
async function verify(options: VerifyOptions): Promise<void> {
  const { readDifferences } = await import('../../../insight/read-differences.ts')
  const { verifyDestinations } = await import('../../verify/verify-destinations.ts')
  const { areLinksWell, describeLinks, verifyLinks } = await import('../../verify/verify-links.ts')
  const { describeFailure } = await import('../../views/describe-status.ts')
  const { countErased, readOpenErasures } = await import('../../../ledger/erasure/erasures.ts')
  const { readFailingReport } = await import('../../../insight/read-failing-report.ts')
  const { describeFailing, describeOpenErasures, setAsideText } = await import('../../views/failing.ts')
  const { count, number } = await import('../../views/format.ts')
  const { describeDestination, describeDifferences } = await import('../../views/verify-report.ts')
  const { mustBeSynced, withAccountAndSecrets } = await import('../../with-account.ts')
  await withAccountAndSecrets(options.config, async (account) => {
    mustBeSynced(account)
    const fixed = options.fix ? await fix(account, options) : null
    const { ledger, state } = account
    const { connector, sync_failure } = state
    const nowMs = Date.now()
    const verified = await readDifferences(ledger, state, nowMs)
    const { differences, ...totals } = verified
    const destinations = options.destinations ? await verifyDestinations(account) : []
    const links = options.destinations ? await verifyLinks(account) : []
    const failing = await readFailingReport(ledger, connector, nowMs)
    const configured = new Set(Object.keys(account.config.destinations))
    const erasures = await readOpenErasures(ledger, connector, configured)
    const erased = { erased_codes: await countErased(ledger, connector), open_erasures: erasures }
    const fails = describeFailing(withVisibleText(failing))
    fails.push(...describeOpenErasures(withVisibleText(erasures)))
    if (sync_failure !== null) {
      fails.push(
        `The last sync failed: ${sync_failure}. Nothing is on its way until you fix that: see "qrsync status".`,
      )
    }
    if (options.json) {
      printJson({ connector, ...verified, ...erased, sync_failure, failing, destinations, links, fixed })
    } else {
      if (differences.length > 0) print(describeDifferences(withVisibleText(differences), nowMs))
      print(
        `${number(totals.complete_codes)} of ${number(totals.codes)} codes complete, ` +
          `${number(totals.landed_scans)} scans landed` +
          (totals.unexplained_scans === 0
            ? '.'
            : `; ${number(totals.unexplained_scans)} are missing without an explanation.`),
      )
      const notFound = totals.lost_scans - totals.unexplained_scans
      if (notFound > 0) {
        print(`${number(notFound)} of the missing scans are not on their way: the table says why.`)
      }
      if (totals.uncounted_codes > 0) {
        print(
          `The API does not count the scans of ${number(totals.uncounted_codes)} codes: qrsync cannot verify whether they are complete.`,
        )
      }
      if (totals.set_aside_rows > 0) {
        print(
          `${setAsideText(totals.set_aside_rows)}. ` +
            'These rows land when the API sends them correctly, or a newer qrsync can read them.',
        )
      }
      if (erased.erased_codes > 0) {
        print(`Not compared: ${count(erased.erased_codes, 'erased code')}.`)
      }
      for (const line of fails) print(line)
      const names = withVisibleText(await readCodeNames(ledger, connector))
      for (const each of withVisibleText(destinations)) {
        print(describeDestination(each, names))
        for (const failure of each.failures) print(describeFailure(failure))
      }
      for (const each of withVisibleText(links)) print(describeLinks(each, nowMs))
    }
    const isWell = ({ gaps, failures }: VerifiedDestination) =>
      failures.length === 0 && gaps.every(({ missing, more }) => missing + more === 0)
    const areAllWell = destinations.every(isWell) && links.every(areLinksWell)
    const isMissing = totals.lost_scans + totals.set_aside_rows > 0
    if (isMissing || fails.length > 0 || !areAllWell) process.exitCode = exitCodes.notAllIsWell
    else if ([...destinations, ...links].some(({ error }) => error !== null)) {
      process.exitCode = exitCodes.failed
    }
  })
}

async function fix(account: KnownAccount, { destinations, json }: VerifyOptions): Promise<Fixed> {
  const { describeFixed, fixWhatIsAdvised } = await import('../../verify/fix.ts')
  if (!destinations) throw new WrongUse('--fix fills destinations again: leave out --no-destinations.')
  const fixed = await fixWhatIsAdvised(account)
  if (!json) for (const line of describeFixed(withVisibleText(fixed))) print(line)
  return fixed
}

async function readCodeNames(ledger: Ledger, connector: string): Promise<Map<string, string | null>> {
  const codes = await ledger
    .selectFrom('qr_codes')
    .select(['id', 'row'])
    .where('connector', '=', connector)
    .execute()
  return new Map(codes.map(({ id, row }) => [id, (JSON.parse(row) as { name: string | null }).name]))
}
