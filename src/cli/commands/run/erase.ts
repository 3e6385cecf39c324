import type { Command } from 'commander'
import type { Destination } from '../../../destinations/destination.ts'
import type { StreamName } from '../../../streams/streams.ts'
import { addCommand } from '../../add-command.ts'
import { print, printAside, printJson } from '../../print.ts'
import { exitCodes, NoAnswer, WrongUse } from '../../run-to-exit.ts'
import type { KnownAccount } from '../../with-account.ts'

export function addErase(program: Command): void {
  addCommand(program, {
    name: 'erase',
    description:
      'erase a code with its scans and analytics, in the ledger and in every destination; it is never fetched again',
    example: 'qrsync erase --code 8f14e45f',
    notAllIsWell: 'something could not be erased',
  })
    .requiredOption('--code <id>', 'the id of the code')
    .option('-y, --yes', 'do not ask', false)
    .action(erase)
}

interface EraseOptions {
  config: string
  code: string
  yes: boolean
  json: boolean
}

/** What would be erased, and what not. */
interface Found {
  rows: Record<StreamName, number>
  setAsideRows: number
  erasedAtMs: number | null
  /** Destinations with rows of this connector that the config file no longer has. */
  gone: string[]
  /** Other connectors of the ledger that write to the same place, by destination. */
  sharers: ReadonlyMap<string, readonly string[]>
}

/** Erases a code everywhere, and lists what stays. Makes no call of the API. */
async function erase(options: EraseOptions): Promise<void> {
  const { erase: eraseEverywhere } = await import('../../../worker/erase.ts')
  const { openDestinations } = await import('../../../worker/open-destinations.ts')
  const { toErasedJson, describeErased } = await import('../../views/erase-report.ts')
  const { withAccountAndSecrets } = await import('../../with-account.ts')
  const { whoRunsThis } = await import('../../who.ts')
  await withAccountAndSecrets(options.config, async (account) => {
    const { config, ledger } = account
    const { connector } = config
    const qrCodeId = options.code
    const found = await look(account, qrCodeId)
    const destinations = await openDestinations(config, ledger)
    try {
      await mustAgree(options, found, destinations)
      const of = { connector, qrCodeId }
      const where = { destinations, gone: found.gone }
      const erased = await eraseEverywhere(ledger, of, where, whoRunsThis())
      const { rows, setAsideRows, sharers } = found
      const result = { ...of, rows, setAsideRows, sharers, erased }
      if (erased.destinations.some(({ problem }) => problem !== null)) {
        process.exitCode = exitCodes.notAllIsWell
      }
      if (options.json) printJson(toErasedJson(result))
      else print(describeErased(result))
    } finally {
      for (const destination of destinations.values()) await destination.close()
    }
  })
}

/** @throws NoAnswer for a code that is not known */
async function look({ config, ledger }: KnownAccount, qrCodeId: string): Promise<Found> {
  const { countRowsOfCode, countSetAsideOfCode } = await import('../../../ledger/erasure/erase-code.ts')
  const { readReached, readSharers } = await import('../../../ledger/deliveries/targets.ts')
  const { readErasedAtMs } = await import('../../../ledger/erasure/erasures.ts')
  const of = { connector: config.connector, qrCodeId }
  const rows = await countRowsOfCode(ledger, of)
  const setAsideRows = await countSetAsideOfCode(ledger, of)
  const erasedAtMs = await readErasedAtMs(ledger, of)
  const isKnown = setAsideRows > 0 || Object.values(rows).some((count) => count > 0)
  if (!isKnown && erasedAtMs === null) {
    throw new NoAnswer(
      `The ledger has no code ${qrCodeId}: "qrsync usage" and the table qr_codes list them. Nothing was erased.`,
    )
  }
  const reached = [...(await readReached(ledger, config.connector))].toSorted()
  const gone = reached.filter((name) => !(name in config.destinations))
  const sharers = new Map<string, readonly string[]>()
  for (const destination of Object.keys(config.destinations)) {
    sharers.set(destination, await readSharers(ledger, { connector: config.connector, destination }))
  }
  return { rows, setAsideRows, erasedAtMs, gone, sharers }
}

/** @throws NoAnswer where the person says no, WrongUse where nobody can be asked */
async function mustAgree(
  { code, yes, json }: EraseOptions,
  { sharers, ...found }: Found,
  destinations: ReadonlyMap<string, Destination>,
): Promise<void> {
  const { describeErasure } = await import('../../views/erase-report.ts')
  if (!json) {
    const remains = [...destinations].map(([name, { erasure }]) => ({
      name,
      remains: erasure?.remains ?? null,
      sharers: sharers.get(name) ?? [],
    }))
    printAside(describeErasure({ qrCodeId: code, ...found, destinations: remains }))
  }
  if (yes) return
  if (json || !process.stdin.isTTY || !process.stderr.isTTY) {
    throw new WrongUse('Add --yes to erase it. Nothing was erased.')
  }
  const { askYesNo } = await import('../../init/prompts.ts')
  if (!(await askYesNo('Erase it? This cannot be undone.', false))) throw new NoAnswer('Nothing was erased.')
}
