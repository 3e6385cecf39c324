import type { Client } from '@temporalio/client'
import { letOneThrough } from '../ledger/calls/gate.ts'
import { recordAction } from '../ledger/connector/audit-trail.ts'
import type { Actor } from '../ledger/connector/audit-tables.ts'
import { probeSoon } from '../ledger/failures/outages.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import { names } from '../temporal/names.ts'
import { pauseSyncs, resumeSyncs } from '../temporal/pause-syncs.ts'
import type { Place } from '../temporal/place.ts'
import { startBackfill as startBackfillWorkflow, startSync } from '../temporal/start-sync.ts'

/** A connector whose syncs are stopped or continued. */
export interface Controlled {
  client: Client
  connector: string
  /** Null if it cannot be used now: Temporal does what is asked, and nobody records it. */
  ledger: Ledger | null
}

/**
 * Stops planned calls.
 *
 * @param note the reason, for other operators
 * @returns false if the connector was never started
 */
export async function pause(
  { client, connector, ledger }: Controlled,
  note: string,
  actor: Actor,
): Promise<boolean> {
  if (!(await pauseSyncs(client, connector, note))) return false
  if (ledger !== null) await recordAction(ledger, connector, 'pause', actor, { details: note })
  return true
}

/**
 * Continues by the Schedule. If the API asked for a pause or fails, one call tries whether that is over.
 *
 * @returns false if the connector was never started
 */
export async function resume(
  { client, connector, ledger }: Controlled,
  note: string,
  actor: Actor,
): Promise<boolean> {
  if (!(await resumeSyncs(client, connector, note))) return false
  if (ledger === null) return true
  await recordAction(ledger, connector, 'resume', actor)
  await letOneThrough(ledger, connector)
  await probeSoon(ledger, connector, Date.now())
  return true
}

/** Runs the planner now, before its schedule. If a sync is still running, it continues instead. */
export async function runPlanner({ client, connector, ledger }: Controlled, actor: Actor): Promise<void> {
  await client.schedule.getHandle(names.schedule(connector)).trigger('SKIP')
  if (ledger !== null) await recordAction(ledger, connector, 'sync', actor, { details: 'by plan' })
}

/** A connector whose syncs are started. */
export interface Started {
  place: Place
  connector: string
  ledger: Ledger
}

/** Starts a manual sync, or returns the one that is still running. It may try one call, however long the API has asked to wait. */
export async function syncNow({ place, connector, ledger }: Started, actor: Actor) {
  await letOneThrough(ledger, connector)
  const workflow = await startSync(place, connector)
  await recordAction(ledger, connector, 'sync', actor)
  return workflow
}

/** Starts a backfill, or returns the one that is still running. */
export async function startBackfill({ place, connector, ledger }: Started, actor: Actor) {
  const workflow = await startBackfillWorkflow(place, connector)
  await recordAction(ledger, connector, 'backfill', actor)
  return workflow
}
