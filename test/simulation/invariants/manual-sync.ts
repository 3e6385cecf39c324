import { names } from '../../../src/temporal/names.ts'
import type { ScanOfApi } from '../api/api-model.ts'
import { minuteMs } from '../durations.ts'
import { wrongClocks } from '../swarm.ts'
import type { WorkflowRun } from '../temporal/workflow-run.ts'
import type { World } from '../world.ts'

/** A manual sync does not read the whole list again, which shows late scans, if that was done within this time. */
const wholeListEveryMs = 10 * minuteMs

/** 5. A manual sync of which no call has failed has landed every scan that had arrived before it, the late ones too. */
export async function checkManualSync(world: World, run: WorkflowRun): Promise<void> {
  const { api, database, invariants, setting, swarm, violations } = world
  const isManual = run.workflowId === names.syncNowWorkflow(setting.config.connector)
  // One that was reset, or that continues another, began earlier.
  const isFirst = run.firstRunId === run.runId
  if (!isManual || run.end !== 'completed' || !isFirst || database.isInTransaction) return
  const hasFailed = invariants.calls.failedAtMs >= run.startedMs
  if (hasFailed || setting.without.size > 0 || swarm.hasAny(wrongClocks) || invariants.history.wasPaused) {
    return
  }
  const rows = await database.onlooker().selectFrom('scans').select('id').execute()
  const landed = new Set(rows.map(({ id }) => id))
  const erased = await invariants.erasures.readErased(database.onlooker())
  for (const code of api.codes) {
    if (erased.has(code.id)) continue
    // A count that has fallen does not show a late scan, and neither does one with malformed scans.
    if (code.wasDeleted === true || code.forgotten > 0 || code.scans.some(({ wasOdd }) => wasOdd)) continue
    const expected = code.scans.filter((scan) => knownFromMs(scan) < run.startedMs)
    const missing = expected.filter(({ id }) => !landed.has(id))
    if (missing.length > 0) {
      const late = missing.filter(({ wasLate }) => wasLate)
      violations.add(
        'liveness',
        `${run.workflowId} is done, and ${missing.length} scans of code ${code.id} are not landed, ${late.length} of them late`,
      )
    }
  }
}

function knownFromMs({ arrivedMs, wasLate = false }: ScanOfApi): number {
  return wasLate ? arrivedMs + wholeListEveryMs : arrivedMs
}
