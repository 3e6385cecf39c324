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

/**
 * The results of one version in one scenario. Times are the shortest of all rounds, because other work of the
 * machine can only add to them.
 */
export interface Outcome extends Measured, Counts {
  version: string
  scans: number
  scenario: Scenario
}

/** Runs the scenarios with each version in turn, so that a busy minute of the machine affects all of them. */
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
