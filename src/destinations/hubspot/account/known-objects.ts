import { noObject, type HubSpotSettings } from '../settings.ts'
import { z } from 'zod'
import type { Account } from './account.ts'
import type { Ask } from '../http/client.ts'
import { given, throughClient } from '../http/hubspot-apis.ts'
import {
  findCustomObject,
  maySeeNone,
  readCustomObjects,
  scanObject,
  type CustomObject,
} from './custom-objects.ts'
import { forbidden } from '../http/hubspot-error.ts'
import type { CodeObject } from './prepared.ts'
import { standardObjects } from './standard-objects.ts'

/** The objects of an account that the config uses. */
export interface KnownObjects {
  /** The name of the destination. */
  name: string
  account: Account
  /** Objects that qrsync creates are added. */
  custom: CustomObject[]
}

/** Returns those objects of the config that are not HubSpot's own. */
export function customNames({
  object,
  scans,
  link,
}: Pick<HubSpotSettings, 'object' | 'scans' | 'link'>): string[] {
  const named = [object, ...link.map((rule) => rule.object)].filter(
    (each) => each !== noObject && !(each in standardObjects),
  )
  return [...new Set([...named, ...(scans ? [scanObject.name] : [])])]
}

/** @throws ConnectorError if we may not read them */
export async function readKnownObjects(
  ask: Ask,
  { name, config, account }: { name: string; config: HubSpotSettings; account: Account },
): Promise<KnownObjects> {
  const wanted = customNames(config)
  const custom = wanted.length > 0 ? await readCustomObjects(ask) : []
  if (custom === null) throw maySeeNone(wanted, name)
  return { name, account, custom }
}

/** @returns undefined if the account has no such object */
export function findTypeId(object: string, custom: readonly CustomObject[]): string | undefined {
  return standardObjects[object]?.typeId ?? findCustomObject(custom, object)?.objectTypeId
}

/** @throws ConnectorError if there is none */
export function typeIdOf(object: string, { name, account, custom }: KnownObjects): string {
  const found = findTypeId(object, custom)
  if (found !== undefined) return found
  const known = [...Object.keys(standardObjects), ...custom.map((each) => each.name)].join(', ')
  const what = `HubSpot account ${account.portalId} has no object ${object}.`
  throw forbidden(name, what, `Name another: ${known}.`)
}

const activation = z.object({ enablement: z.boolean() })

/**
 * Whether the account uses an object. True if HubSpot does not say so: it lists only objects that can be
 * activated.
 *
 * @see https://developers.hubspot.com/docs/api-reference/latest/crm/crm-data-model/guide
 */
export async function isActivated(ask: Ask, object: string): Promise<boolean> {
  const standard = standardObjects[object]
  if (standard?.isActivatable !== true) return true
  const path = `/crm/object-library/2026-09/enablement/${standard.typeId}`
  const answer = await ask({ method: 'GET', path }, [400, 403, 404])
  return answer.status !== 200 || answer.read(activation).enablement
}

export const activationAdvice =
  'A super admin activates it in HubSpot (Settings > Objects, or Data Management > Data Model); qrsync continues automatically.'

/** @throws ConnectorError if a super admin has to activate it first */
export async function refuseInactive(ask: Ask, object: string, { name, account }: KnownObjects) {
  if (await isActivated(ask, object)) return
  const what = `HubSpot account ${account.portalId} has not activated the object ${object}.`
  throw forbidden(name, what, activationAdvice)
}

/**
 * @param ours names of the properties that we write
 * @throws ConnectorError if a new record needs values that we do not have
 */
export async function valuesForNew(
  ask: Ask,
  object: string,
  known: KnownObjects,
  ours: ReadonlySet<string>,
): Promise<CodeObject['forNew']> {
  const standard = standardObjects[object]
  if (standard !== undefined) {
    const { typeId, nameProperty, pipeline } = standard
    return { nameProperty, values: pipeline === undefined ? {} : await firstStage(ask, typeId, pipeline) }
  }
  const found = findCustomObject(known.custom, object)
  const title = found?.primaryDisplayProperty ?? ''
  const unmet = found?.requiredProperties.filter((each) => !ours.has(each) && each !== title) ?? []
  if (unmet.length === 0) return ours.has(title) || title === '' ? null : { nameProperty: title, values: {} }
  const what = `a new record of ${object} in HubSpot needs ${unmet.join(', ')}, for which qrsync has no value.`
  const advice = 'Make them optional in the settings of the object, or use another object.'
  throw forbidden(known.name, what, advice)
}

/** A new record starts in the first stage of the first pipeline, like one that a person creates. */
async function firstStage(ask: Ask, typeId: string, names: { pipeline: string; stage: string }) {
  const answer = await throughClient(ask, ({ pipelines }) => pipelines.getAllWithHttpInfo(typeId))
  const [pipeline] = given(answer, 'results').toSorted(inOrder)
  const [stage] = pipeline?.stages?.toSorted(inOrder) ?? []
  return pipeline?.id && stage?.id ? { [names.pipeline]: pipeline.id, [names.stage]: stage.id } : {}
}

type Ordered = { readonly displayOrder?: number | null | undefined } | null | undefined

function inOrder(a: Ordered, b: Ordered): number {
  return (a?.displayOrder ?? 0) - (b?.displayOrder ?? 0)
}
