import { z } from 'zod'
import type { HubSpotConfig } from '../../config/destinations.ts'
import type { Account } from './account.ts'
import type { Ask } from './client.ts'
import {
  codeObject,
  createCustomObject,
  defineAssociation,
  findCustomObject,
  isAssociated,
  readCustomObjects,
  scanObject,
  type CustomObject,
} from './custom-objects.ts'
import { hubSpotError, lookAgain } from './hubspot-error.ts'
import { findLookup, lookupAdvice, ruleName } from './links.ts'
import type { CodeObject, LinkObject, Prepared, TargetObject } from './prepared.ts'
import { prepareProperties, readProperties } from './prepare-properties.ts'
import { codeProperties, linkProperties, scanProperties, type PropertyDefinition } from './properties.ts'
import { standardObjects } from './standard-objects.ts'

export interface PrepareOptions {
  /** The destination's. */
  name: string
  config: HubSpotConfig
  account: Account
  dryRun: boolean
}

/** What was done or, with `dryRun`, would be; and with what it is to go on: nothing, where that is only planned. */
export interface Preparation {
  changes: string[]
  prepared: Prepared | null
}

/** Objects, groups, properties and associations that rows need, made where they are missing. */
export async function prepareAccount(ask: Ask, options: PrepareOptions): Promise<Preparation> {
  const { name, config, account, dryRun } = options
  const changes: string[] = []
  const needsCustom = [config.object, ...config.link.map(({ object }) => object)].some(
    (object) => !(object in standardObjects),
  )
  const custom = needsCustom || config.scans ? await readCustomObjects(ask) : []

  async function customObject(wanted: typeof codeObject): Promise<CustomObject | undefined> {
    const known = findCustomObject(custom, wanted.name)
    if (known !== undefined) return known
    changes.push(`create object ${wanted.name} with ${wanted.properties.length} properties`)
    return dryRun ? undefined : createCustomObject(ask, wanted, name)
  }

  async function properties(
    object: TargetObject,
    definitions: readonly PropertyDefinition[],
    isNew: boolean,
  ) {
    const known = await readProperties(ask, object)
    const done = await prepareProperties(ask, { ...{ name, object, known, definitions, dryRun } })
    if (!isNew) changes.push(...done)
    return known
  }

  const codes = await prepareCodes()
  const scans = config.scans ? await prepareScans() : null
  const links = new Map<string, LinkObject>()
  for (const rule of config.link) {
    const object = { name: rule.object, typeId: typeIdOf(rule.object) }
    const known = await properties(object, linkProperties, false)
    const found = findLookup(rule, known)
    if ('lack' in found)
      throw hubSpotError(name, 'DESTINATION_FORBIDDEN', lookAgain, `${found.lack}.`, lookupAdvice)
    links.set(ruleName(rule), { ...object, property: rule.property, ...found })
  }
  const isWhole = codes !== undefined && scans !== undefined
  return { changes, prepared: isWhole ? { portalId: account.portalId, codes, scans, links } : null }

  async function prepareCodes(): Promise<CodeObject | undefined> {
    const isNew = config.object === codeObject.name && findCustomObject(custom, codeObject.name) === undefined
    if (isNew) await customObject(codeObject).then((made) => made && custom.push(made))
    if (isNew && dryRun) return undefined
    const object = { name: config.object, typeId: typeIdOf(config.object) }
    const forNew = await valuesForNew(object)
    await properties(object, codeProperties, isNew)
    return { ...object, forNew }
  }

  async function prepareScans(): Promise<TargetObject | undefined> {
    const isNew = findCustomObject(custom, scanObject.name) === undefined
    const made = await customObject(scanObject)
    const needsAssociation = made === undefined || codes === undefined || !isAssociated(made, codes.typeId)
    if (needsAssociation) changes.push(`associate ${scanObject.name} with ${config.object}`)
    if (made === undefined) return undefined
    const object = { name: scanObject.name, typeId: made.objectTypeId }
    await properties(object, scanProperties, isNew)
    if (needsAssociation && !dryRun && codes !== undefined) await defineAssociation(ask, made, codes.typeId)
    return object
  }

  function typeIdOf(object: string): string {
    const found = standardObjects[object]?.typeId ?? findCustomObject(custom, object)?.objectTypeId
    if (found !== undefined) return found
    const known = [...Object.keys(standardObjects), ...custom.map((each) => each.name)].join(', ')
    const what = `HubSpot account ${account.portalId} has no object ${object}.`
    throw hubSpotError(name, 'DESTINATION_FORBIDDEN', lookAgain, what, `Name another: ${known}.`)
  }

  async function valuesForNew({ name: object, typeId }: TargetObject): Promise<CodeObject['forNew']> {
    const standard = standardObjects[object]
    if (standard?.pipeline !== undefined) {
      const values = await firstStage(ask, typeId, standard.pipeline)
      return { nameProperty: standard.nameProperty, values }
    }
    if (standard !== undefined) return { nameProperty: standard.nameProperty, values: {} }
    const found = findCustomObject(custom, object)
    const ours = new Set(codeProperties.map((each) => each.name))
    const title = found?.primaryDisplayProperty ?? ''
    const unmet = found?.requiredProperties.filter((each) => !ours.has(each) && each !== title) ?? []
    if (unmet.length === 0)
      return ours.has(title) || title === '' ? null : { nameProperty: title, values: {} }
    const what = `a new record of ${object} in HubSpot needs ${unmet.join(', ')}, for which we have no value.`
    const advice = 'Make them optional in the settings of the object, or name another object.'
    throw hubSpotError(name, 'DESTINATION_FORBIDDEN', lookAgain, what, advice)
  }
}

const ordered = z.object({ id: z.string(), displayOrder: z.number().catch(0) })
const pipelineList = z.object({ results: z.array(ordered.extend({ stages: z.array(ordered) })) })

/** Where a person would put a new record: into the first stage of the first pipeline. */
async function firstStage(ask: Ask, typeId: string, names: { pipeline: string; stage: string }) {
  const answer = await ask({ method: 'GET', path: `/crm/pipelines/2026-09/${typeId}` })
  const [pipeline] = answer.read(pipelineList).results.toSorted(inOrder)
  const [stage] = pipeline?.stages.toSorted(inOrder) ?? []
  const values = pipeline && stage ? { [names.pipeline]: pipeline.id, [names.stage]: stage.id } : {}
  return values
}

function inOrder(a: { displayOrder: number }, b: { displayOrder: number }): number {
  return a.displayOrder - b.displayOrder
}
