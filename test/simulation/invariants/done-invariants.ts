import { sql } from 'kysely'
import { names } from '../../../src/temporal/names.ts'
import type { WorkflowRun } from '../temporal/workflow-run.ts'
import type { World } from '../world.ts'

/** Stores up to which scan a delivery was signalled. */
export async function noteSignal({ database }: World, run: WorkflowRun): Promise<void> {
  // The signal does not include uncommitted rows.
  if (run.workflowType !== 'deliver' || database.isInTransaction) return
  const { last } = await database
    .onlooker()
    .selectFrom('scans')
    .select(sql<number | null>`max(seq)`.as('last'))
    .executeTakeFirstOrThrow()
  run.signalledSeq = Math.max(run.signalledSeq, last ?? 0)
}

/** 5. A delivery that is done has delivered everything up to its last signal, however late that came. */
export async function checkDone(world: World, run: WorkflowRun): Promise<void> {
  const { database, setting, violations } = world
  if (run.workflowType !== 'deliver' || run.end !== 'completed' || database.isInTransaction) return
  for (const [name, warehouse] of world.warehouses()) {
    if (run.workflowId !== names.deliverWorkflow(setting.config.connector, name) || !warehouse.isKnown) {
      continue
    }
    // A slice that began before does not see it. The next delivery fills the new one, also if another activity noticed it meanwhile.
    if (warehouse.replacedMs > run.lastSliceMs) continue
    const ledger = database.onlooker()
    const rejected = ledger
      .selectFrom('rejects')
      .select('row_id')
      .where((eb) => eb.and({ destination: name, stream: 'scans' }))
    const told = await ledger
      .selectFrom('scans')
      .select('id')
      .where('seq', '<=', run.signalledSeq)
      .where('id', 'not in', rejected)
      .execute()
    const missing = told.filter(({ id }) => !warehouse.tables.scans.has(id))
    if (missing.length > 0) {
      violations.add('liveness', `${run.workflowId} is done, and ${missing.length} scans are not in ${name}`)
    }
  }
}
