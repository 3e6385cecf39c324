import { withVisibleText } from '../../model/visible-text.ts'
import type { StreamName } from '../../streams/streams.ts'
import type { ErasedThere } from '../../worker/erase.ts'
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
  erased: readonly ErasedThere[]
}

/** As `--json` prints it. */
export function toErasedJson({ connector, qrCodeId, rows, erased }: ErasureResult) {
  return {
    connector,
    qr_code_id: qrCodeId,
    erased_rows: rows,
    destinations: erased.map(({ destination, problem, remains }) => ({
      destination,
      erased: problem === null,
      problem,
      remains,
    })),
  }
}

export function describeErased(result: ErasureResult): string {
  const { qrCodeId, rows, erased } = withVisibleText(result)
  const done = erased.filter(({ problem }) => problem === null).map(({ destination }) => destination)
  const lines = [
    `Erased ${qrCodeId} in the ledger: ${number(rows.scans)} scans.`,
    ...(done.length === 0 ? [] : [`Erased in: ${done.join(', ')}.`]),
  ]
  const open = erased.flatMap(({ destination, problem }) =>
    problem === null ? [] : `${destination}: ${problem}`,
  )
  if (open.length > 0) {
    lines.push('Not erased:', ...open, 'Deliveries try again every few minutes where they can.')
  }
  const stays = erased.flatMap(({ destination, remains }) => remains.map((text) => `${destination}: ${text}`))
  lines.push('What stays:', ...stays, 'Backups of the ledger and of destinations stay as they are.')
  return lines.join('\n')
}
