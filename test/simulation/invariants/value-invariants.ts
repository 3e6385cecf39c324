import type { Ledger } from '../../../src/ledger/base/schema.ts'
import type { World } from '../world.ts'
import { readLandedTruth, type TrueScan } from './landed-truth.ts'

const compared = [
  'qr_code_id',
  'scanned_at',
  'device_type',
  'os',
  'browser',
  'language',
  'is_unique',
] as const

/** Per table. */
const mostTold = 1

/**
 * 2. The ledger and the warehouses contain the values of the API's model, and nothing that the config file
 * drops or hashes. Rows that the API has sent in another form for a time may have landed in that form.
 */
export async function checkValues(world: World, ledger: Ledger): Promise<void> {
  const codes = await readLandedTruth(world, ledger)
  const truth = new Map(
    codes.flatMap(({ scans }) => scans.filter(({ wasOdd }) => !wasOdd).map((scan) => [scan.id, scan])),
  )
  const landed = await ledger.selectFrom('scans').select(['id', 'row']).execute()
  compare(world, 'the ledger', truth, new Map(landed.map(({ id, row }) => [id, row])))
  for (const [name, { tables }] of world.warehouses()) compare(world, name, truth, tables.scans)
}

function compare(
  { violations }: World,
  place: string,
  truth: ReadonlyMap<string, TrueScan>,
  rows: ReadonlyMap<string, string>,
): void {
  let told = 0
  for (const [id, json] of rows) {
    const scan = truth.get(id)
    if (scan === undefined || told >= mostTold) continue
    const row = JSON.parse(json) as Record<string, unknown>
    const wrong = compared.find((field) => (row[field] ?? null) !== scan[field])
    if (wrong === undefined) continue
    told++
    violations.add(
      'rows',
      `scan ${id} has the ${wrong} ${String(row[wrong])} in ${place}, in place of ${String(scan[wrong])}`,
    )
  }
}
