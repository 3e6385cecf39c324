import type { Ledger } from '../ledger/base/schema.ts'

/** What fails in a connector's API, in a few numbers. */
export interface FailingSource {
  connector: string
  /** Codes with calls that fail. */
  codes: number
  /** Since when the first of them fails; null without any. */
  codesSinceMs: number | null
  /** Endpoints that fail as a whole, or `the API`, each with the error's code. */
  outages: { what: string; code: string }[]
  /** Since when the first of these fails; null without any. */
  outageSinceMs: number | null
}

/** Reads several connectors at once, because a worker may serve a hundred. */
export async function readFailingSources(
  ledger: Ledger,
  connectors: readonly string[],
): Promise<FailingSource[]> {
  const failures = await ledger
    .selectFrom('failures')
    .leftJoin('qr_codes', (join) =>
      join
        .onRef('qr_codes.connector', '=', 'failures.connector')
        .onRef('qr_codes.id', '=', 'failures.qr_code_id'),
    )
    .select((eb) => [
      'failures.connector',
      eb.fn.count<number>('failures.qr_code_id').distinct().as('codes'),
      eb.fn.min('since_ms').as('since'),
    ])
    .where('failures.connector', 'in', connectors)
    .where('attempts', '>', 0)
    .where('qr_code_id', '!=', '')
    .where((eb) => eb.or([eb('deleted', 'is', null), eb('deleted', '=', 0)]))
    .groupBy('failures.connector')
    .execute()
  const outages = await ledger
    .selectFrom('outages')
    .select(['connector', 'scope', 'code', 'since_ms'])
    .where('connector', 'in', connectors)
    .where('since_ms', 'is not', null)
    .orderBy('since_ms')
    .execute()
  return connectors.map((connector) => {
    const ofCodes = failures.find((each) => each.connector === connector)
    const standing = outages.filter((each) => each.connector === connector)
    return {
      connector,
      codes: ofCodes?.codes ?? 0,
      codesSinceMs: ofCodes?.since ?? null,
      outages: standing.map(({ scope, code }) => ({ what: scope === '' ? 'the API' : scope, code })),
      outageSinceMs: standing[0]?.since_ms ?? null,
    }
  })
}
