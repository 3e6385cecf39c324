import { print } from './format.ts'
import { withDestinations } from './with-destinations.ts'

export interface ApplyOptions {
  config: string
  destination?: string
  dryRun: boolean
  json: boolean
}

/** `qrsync apply`: creates what destinations need (tables, views, properties), or tells what it would create. */
export async function apply(options: ApplyOptions): Promise<void> {
  const { dryRun } = options
  await withDestinations(options.config, options.destination, async ({ config, destinations }) => {
    const changes: Record<string, string[]> = {}
    for (const [name, destination] of destinations) {
      const made = await destination.prepare({ dryRun })
      changes[name] = made
      if (options.json) continue
      print(`${name}: ${made.length === 0 ? 'nothing to change' : dryRun ? 'would' : 'done'}`)
      for (const change of made) print(`  ${change}`)
    }
    if (options.json) print(JSON.stringify({ connector: config.connector, dry_run: dryRun, changes }))
  })
}
