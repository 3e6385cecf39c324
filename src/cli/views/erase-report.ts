import { withVisibleText } from '../../model/visible-text.ts'
import type { StreamName } from '../../streams/streams.ts'
import type { Erased } from '../../worker/erase.ts'
import { number, time } from './format.ts'

export interface ErasureAbout {
  qrCodeId: string
  rows: Record<StreamName, number>
  /** When it was erased before; null if never. */
  erasedAtMs: number | null
  /** `remains` is null if the destination cannot erase. */
  destinations: readonly { name: string; remains: readonly string[] | null }[]
  gone: readonly string[]
}

/** Says what will be erased, before it is. */
export function describeErasure(about: ErasureAbout): string {
  const { qrCodeId, rows, erasedAtMs, destinations, gone } = withVisibleText(about)
  const analytics = rows.analytics_daily + rows.analytics_breakdown
  const before = erasedAtMs === null ? '' : ` It was erased before, on ${time(erasedAtMs)}.`
  return [
    `This erases the code ${qrCodeId}: ${number(rows.scans)} scans and ${number(analytics)} rows of analytics in the ledger.${before}`,
    ...destinations.map(({ name, remains }) =>
      remains === null
        ? `- ${name}: this type of destination cannot erase. Delete the rows of the code there.`
        : `- ${name}: everything about it. ${remains.join(' ')}`,
    ),
    ...gone.map((name) => `- ${name}: not in the config file any more. Delete the rows of the code there.`),
    'Its id stays in the ledger, so that qrsync never fetches it again. The code itself stays at QRCodeStack.',
  ].join('\n')
}

export interface ErasureResult {
  connector: string
  qrCodeId: string
  rows: Record<StreamName, number>
  erased: Erased
}

/** As `--json` prints it. */
export function toErasedJson({ connector, qrCodeId, rows, erased }: ErasureResult) {
  return {
    connector,
    qr_code_id: qrCodeId,
    erased_rows: rows,
    ledger_remains: erased.ledgerRemains,
    destinations: erased.destinations.map(({ destination, problem, isRetried, remains }) => ({
      destination,
      erased: problem === null,
      problem,
      is_retried: isRetried,
      remains,
    })),
  }
}

export function describeErased(result: ErasureResult): string {
  const { qrCodeId, rows, erased } = withVisibleText(result)
  const { destinations } = erased
  const lines = [`Erased ${qrCodeId} in the ledger: ${number(rows.scans)} scans.`]
  for (const { destination, problem, isRetried } of destinations) {
    if (problem === null) lines.push(`Erased in ${destination}.`)
    else {
      lines.push(
        `Not erased in ${destination}: ${problem}${isRetried ? ' Deliveries try again while a worker runs.' : ''}`,
      )
    }
  }
  lines.push(
    'What stays:',
    ...erased.ledgerRemains.map((text) => `- ledger: ${text}`),
    ...destinations.flatMap(({ destination, remains }) => remains.map((text) => `- ${destination}: ${text}`)),
    ...everywhere.map((text) => `- ${text}`),
  )
  return lines.join('\n')
}

/** What no destination knows of. */
const everywhere = [
  'The id of the code stays in the list of calls, in the audit trail, and in the list of erased codes.',
  'Backups, exported files and reports stay as they are. Logs and histories of Temporal have no rows, but may name the id.',
]
