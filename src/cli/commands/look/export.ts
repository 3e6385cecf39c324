import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { ExportedFile } from '../../../destinations/destination.ts'
import { addCommand } from '../../add-command.ts'
import { printResult } from '../../print.ts'
import { NoAnswer, openFilesToOthers } from '../../run-to-exit.ts'

export function addExport(program: Command): void {
  addCommand(program, {
    name: 'export',
    description: 'write the tables of a DuckDB destination as Parquet files, to share with others',
    example: 'qrsync export --to shared/',
  })
    .requiredOption('--to <folder>', 'where the files go, one for each table; existing ones are replaced')
    .option('-d, --destination <name>', 'its name in the config file; default: the first that has files')
    .action(exportFiles)
}

interface ExportOptions {
  config: string
  to: string
  destination?: string
  json: boolean
}

interface ExportResult {
  connector: string
  destination: string
  files: ExportedFile[]
}

/** Reads only the destination's own rows, without a request to the API or Temporal. */
async function exportFiles({ config: path, to, destination: only, json }: ExportOptions): Promise<void> {
  openFilesToOthers()
  const { withDestinations } = await import('../../with-destinations.ts')
  const { count } = await import('../../views/format.ts')
  const inWords = ({ destination, files }: ExportResult) =>
    files.length === 0
      ? `${destination} has no tables yet: run "qrsync up" first.`
      : files.map((file) => `${file.path}: ${count(file.rows, 'row')}`).join('\n')
  await withDestinations(path, only, async ({ config: { connector }, destinations }) => {
    const [found] = [...destinations].filter(([, { exports }]) => exports !== undefined)
    const [name, exports] = [found?.[0] ?? '', found?.[1].exports]
    if (exports === undefined) {
      throw new NoAnswer(
        `${only ?? 'No destination of the config file'} ${only === undefined ? 'can' : 'cannot'} write files: only a DuckDB destination can.`,
      )
    }
    const files = await exports.writeParquet(resolve(to))
    printResult<ExportResult>({ connector, destination: name, files }, { json, inWords })
  })
}
