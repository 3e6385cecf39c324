import { withVisibleText } from '../../model/visible-text.ts'
import type { StreamName } from '../../streams/streams.ts'
import type { Erased } from '../../worker/erase.ts'
import { number, time } from './format.ts'

export interface ErasureAbout {
  qrCodeId: string
  rows: Record<StreamName, number>
  /** Malformed rows. */
  setAsideRows: number
  /** When it was erased before; null if never. */
  erasedAtMs: number | null
  /** `remains` is null if the destination cannot erase; `sharers` are other connectors that write to the same place. */
  destinations: readonly { name: string; remains: readonly string[] | null; sharers: readonly string[] }[]
  gone: readonly string[]
}

/** Says what will be erased, before it is. */
export function describeErasure(about: ErasureAbout): string {
  const { qrCodeId, rows, setAsideRows, erasedAtMs, destinations, gone } = withVisibleText(about)
  const analytics = rows.analytics_daily + rows.analytics_breakdown
  const before = erasedAtMs === null ? '' : ` It was erased before, on ${time(erasedAtMs)}.`
  const malformed = setAsideRows === 0 ? '' : `, and ${number(setAsideRows)} malformed rows`
  return [
    `This erases the code ${qrCodeId}: ${number(rows.scans)} scans and ${number(analytics)} rows of analytics in the ledger${malformed}.${before}`,
    ...destinations.map(({ name, remains, sharers }) =>
      remains === null
        ? `- ${name}: this type of destination cannot erase. Delete the rows of the code there.`
        : `- ${name}: everything about it${sharersText(sharers)}. ${remains.join(' ')}`,
    ),
    ...gone.map((name) => `- ${name}: not in the config file any more. Delete the rows of the code there.`),
    'Rows do not say which connector wrote them: if another connector delivers to the same place, its rows of this code are erased there, too.',
    'Its id stays in the ledger, so that qrsync never fetches it again. The code itself stays at QRCodeStack.',
  ].join('\n')
}

const sharersText = (connectors: readonly string[]): string =>
  connectors.length === 0 ? '' : `, also the rows that ${connectors.join(', ')} delivered there`

export interface ErasureResult {
  connector: string
  qrCodeId: string
  rows: Record<StreamName, number>
  setAsideRows: number
  sharers: ReadonlyMap<string, readonly string[]>
  erased: Erased
}

/** As `--json` prints it. */
export function toErasedJson({ connector, qrCodeId, rows, setAsideRows, sharers, erased }: ErasureResult) {
  return {
    connector,
    qr_code_id: qrCodeId,
    erased_rows: rows,
    erased_set_aside_rows: setAsideRows,
    ledger_remains: erased.ledgerRemains,
    destinations: erased.destinations.map(({ destination, problem, isRetried, remains }) => ({
      destination,
      erased: problem === null,
      problem,
      is_retried: isRetried,
      shared_with: sharers.get(destination) ?? [],
      remains,
    })),
  }
}

export function describeErased(result: ErasureResult): string {
  const { qrCodeId, rows, setAsideRows, erased } = withVisibleText(result)
  const { destinations } = erased
  const malformed = setAsideRows === 0 ? '' : `, and ${number(setAsideRows)} malformed rows`
  const lines = [`Erased ${qrCodeId} in the ledger: ${number(rows.scans)} scans${malformed}.`]
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
