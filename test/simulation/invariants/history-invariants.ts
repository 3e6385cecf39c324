import { names } from '../../../src/temporal/names.ts'
import { apiKey } from '../config.ts'
import type { WorkflowRun } from '../temporal/workflow-run.ts'
import type { World } from '../world.ts'

const longestPieceBytes = 8_192
const longestHistoryBytes = 1_000_000
/**
 * A workflow that should continue as new does so after its slice and the following wait. A slice may be retried
 * for hours, while each sync, at most every five minutes, sends a signal.
 */
const eventsBeyondLimit = 400
/** While rows wait, each call of a planned sync may send the delivery a signal, which costs a workflow task. */
const eventsPerSignal = 4
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}/g

/** 7. Histories contain no rows and no secrets, and stay small. Checked when a workflow ends. */
export function checkHistory(world: World, run: WorkflowRun): void {
  const { api, server, violations } = world
  if (run.end === 'failed' && !isOfFormerName(world, run)) {
    violations.add('workflows', `${run.workflowId} failed: ${run.failure ?? ''}`)
  }
  const longest = Math.max(0, ...run.texts.map(({ length }) => length))
  if (longest > longestPieceBytes) {
    violations.add('histories', `${run.workflowId} holds ${longest} bytes in one piece`)
  }
  if (run.bytes > longestHistoryBytes) {
    violations.add('histories', `${run.workflowId} holds ${run.bytes} bytes`)
  }
  const signals = run.workflowId.includes('/deliver/') ? api.windows.ourCalls : 0
  if (run.events > server.longestHistory + eventsBeyondLimit + eventsPerSignal * signals) {
    violations.add('histories', `${run.workflowId} has ${run.events} events`)
  }
  for (const text of run.texts) {
    if (text.includes(apiKey)) violations.add('histories', `${run.workflowId} holds the key`)
    for (const [id] of text.matchAll(uuid)) {
      if (api.scanIds.has(id)) violations.add('histories', `${run.workflowId} holds scan ${id}`)
    }
  }
}

/** A delivery to a destination that has left the config file, because its name has changed. */
function isOfFormerName({ setting, warehouse }: World, { workflowId }: WorkflowRun): boolean {
  const { connector } = setting.config
  return warehouse.formerNames.values().some((name) => names.deliverWorkflow(connector, name) === workflowId)
}
