import type { Measured } from './measure.ts'
import {
  countScenarios,
  scenarios,
  timeScenarios,
  type Counts,
  type Scenario,
  type Times,
} from './scenarios.ts'
import type { Version } from './versions.ts'

/** What one version came to in one scenario. Times are the least of all rounds: whatever else the machine does only adds to them. */
export interface Outcome extends Measured, Counts {
  version: string
  scans: number
  scenario: Scenario
}

/** Runs the scenarios with each version, in turn, so that a busy minute of the machine concerns them all. */
export async function compareVersions(
  versions: readonly Version[],
  { sizes, rounds }: { sizes: readonly number[]; rounds: number },
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const scans of sizes) {
    const times = new Map<Version, Times[]>(versions.map((version) => [version, []]))
    for (let round = 1; round <= rounds; round++) {
      for (const [version, its] of times) {
        its.push(await timeScenarios(version, scans))
        console.error(`${scans} scans, round ${round}, ${version.name}:`, JSON.stringify(its.at(-1)))
      }
    }
    for (const [version, its] of times) {
      const work = await countScenarios(version, scans)
      for (const scenario of scenarios) {
        const least = leastOf(its.map((each) => each[scenario]))
        outcomes.push({ version: version.name, scans, scenario, ...least, ...work[scenario] })
      }
    }
  }
  return outcomes
}

function leastOf(all: readonly Measured[]): Measured {
  const least = (name: keyof Measured) => Math.min(...all.map((each) => each[name]))
  return {
    seconds: round(least('seconds')),
    cpu_seconds: round(least('cpu_seconds')),
    peak_rss_mb: least('peak_rss_mb'),
  }
}

const round = (value: number) => Math.round(value * 100) / 100
