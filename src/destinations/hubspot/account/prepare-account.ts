import {
  canAssociate,
  noObject,
  ruleName,
  sendsEvents,
  showsScans,
  type HubSpotSettings,
  type HubSpotStream,
} from '../settings.ts'
import { createCodeLabel, readCodeLabel } from './association-labels.ts'
import type { Account } from './account.ts'
import type { Ask } from '../http/client.ts'
import {
  codeObject,
  createCustomObject,
  defineAssociation,
  findCustomObject,
  isAssociated,
  retitleObject,
  scanObject,
  type NewObject,
} from './custom-objects.ts'
import { forbidden } from '../http/hubspot-error.ts'
import {
  readKnownObjects,
  refuseInactive,
  typeIdOf,
  valuesForNew,
  type KnownObjects,
} from './known-objects.ts'
import { findLookup, lookupAdvice } from './links.ts'
import { prepareList } from './lists.ts'
import { leftovers, prepareProperties, readProperties } from './prepare-properties.ts'
import type { AssociationLabel, CodeObject, LinkObject, Prepared, TargetObject } from './prepared.ts'
import { eventFields } from '../mapping/event-fields.ts'
import { prepareScanEvent } from './scan-events.ts'
import type { Field } from '../mapping/field.ts'
import type { Language } from '../settings.ts'
import { languageOf } from '../mapping/language.ts'
import { PropertyOptions } from './options.ts'
import { scanKey } from '../mapping/scan-fields.ts'
import { fieldsOf, linkFieldsOf, type Fields } from '../mapping/fields.ts'
import { definitionOf, type PropertyDefinition } from './properties.ts'

export interface PrepareOptions {
  /** The name of the destination. */
  name: string
  config: HubSpotSettings
  account: Account
  dryRun: boolean
}

/** Streams whose objects are prepared separately from those of codes. */
export type PartName = Exclude<HubSpotStream, 'code_summaries'>

/** What was done or, with `dryRun`, would be; and the prepared objects, if they exist and are not only planned. */
export interface Preparation {
  changes: string[]
  /** What earlier settings may have created, and these leave as it is; and lists that HubSpot does not allow. */
  leftAlone: string[]
  prepared: Prepared | null
  /** Why scans or links cannot be written although codes can. */
  failures: ReadonlyMap<PartName, unknown>
}

/** The prefix of ids of custom objects. */
const customPrefix = '2-'

interface AtWork extends PrepareOptions {
  ask: Ask
  known: KnownObjects
  fields: Fields
  language: Language
  options: PropertyOptions
  changes: string[]
  leftAlone: string[]
}

/** Creates the missing objects, groups, properties and associations that rows need. */
export async function prepareAccount(ask: Ask, preparing: PrepareOptions): Promise<Preparation> {
  const { account, config } = preparing
  const language = config.language ?? languageOf(account.timeZone)
  const fields = fieldsOf(config, account.timeZone)
  const options = new PropertyOptions(language)
  const known = await readKnownObjects(ask, preparing)
  const work: AtWork = { ...preparing, ask, known, fields, language, options, changes: [], leftAlone: [] }
  const codes = await prepareCodes(work)
  const failures = new Map<PartName, unknown>()
  const apart = async <Made>(stream: PartName, make: () => Promise<Made>) => {
    try {
      return await make()
    } catch (error) {
      failures.set(stream, error)
      return null
    }
  }
  const scans = config.scans ? await apart('scans', () => prepareScans(work, codes)) : null
  const links = new Map<string, LinkObject>()
  for (const rule of config.link) {
    const link = await apart('link_summaries', () => prepareLink(work, rule))
    const showsCodes =
      config.associate && config.object !== noObject && canAssociate(config.object, rule.object)
    if (link === null) {
      for (const stream of ['link_codes', 'link_scans'] as const) {
        failures.set(stream, failures.get('link_summaries'))
      }
      continue
    }
    const codeLabel = showsCodes ? await apart('link_codes', () => prepareCodeLabel(work, link, codes)) : null
    const shown = await apart('link_scans', () => prepareLinkedScans(work, rule, link))
    links.set(ruleName(rule), { ...link, codeLabel: codeLabel ?? null, ...(shown ?? notShown) })
    if (config.lists) await addList(work, link)
  }
  const isWhole = codes !== undefined && scans !== undefined
  return {
    changes: work.changes,
    leftAlone: work.leftAlone,
    prepared: isWhole ? { portalId: account.portalId, fields, options, codes, scans, links } : null,
    failures,
  }
}

/** @returns undefined if the object is only planned */
async function prepareCodes(work: AtWork): Promise<CodeObject | null | undefined> {
  const { ask, config, known } = work
  if (config.object === noObject) return null
  const definitions = definitionsOf(work.fields.codes, work.language)
  const isNew = config.object === codeObject.name && (await makeIfMissing(work, codeObject, definitions))
  if (isNew && work.dryRun) return undefined
  const object = { name: config.object, typeId: typeIdOf(config.object, known) }
  await refuseInactive(ask, config.object, known)
  const forNew = await valuesForNew(ask, config.object, known, new Set(definitions.map(({ name }) => name)))
  await prepareObject(work, object, definitions, isNew)
  return { ...object, forNew, canBeAssociated: canAssociate(config.object, scanObject.name) }
}

/** @returns undefined if the object is only planned */
async function prepareScans(
  work: AtWork,
  codes: CodeObject | null | undefined,
): Promise<TargetObject | undefined> {
  const { ask, config, known, changes, dryRun } = work
  const definitions = definitionsOf(work.fields.scans, work.language)
  const isNew = await makeIfMissing(work, scanObject, definitions)
  const made = findCustomObject(known.custom, scanObject.name)
  const isToAssociate =
    canAssociate(config.object, scanObject.name) &&
    (made === undefined || codes == null || !isAssociated(made, codes.typeId))
  if (isToAssociate) changes.push(`associate ${scanObject.name} with ${config.object}`)
  if (made === undefined) return undefined
  const object = { name: scanObject.name, typeId: made.objectTypeId }
  await prepareObject(work, object, definitions, isNew)
  if (made.primaryDisplayProperty === scanKey) {
    changes.push(`update object ${scanObject.name}`)
    if (!dryRun) await retitleObject(ask, made, scanObject, definitions)
  }
  if (isToAssociate && codes != null && !dryRun) {
    await defineAssociation(ask, made, codes, 'qr_scan_to_qr_code')
  }
  return object
}

async function prepareLink(
  work: AtWork,
  rule: HubSpotSettings['link'][number],
): Promise<Omit<LinkObject, 'codeLabel' | 'showsScans' | 'event'>> {
  const object = { name: rule.object, typeId: typeIdOf(rule.object, work.known) }
  await refuseInactive(work.ask, rule.object, work.known)
  const fields = linkFieldsOf(work.config, rule)
  const definitions = definitionsOf(fields, work.language)
  const found = findLookup(rule, await prepareObject(work, object, definitions, false))
  if ('lookup' in found) return { ...object, property: rule.property, fields, ...found }
  throw forbidden(work.name, `${found.lack}.`, lookupAdvice)
}

async function addList(work: AtWork, { name, typeId, fields }: TargetObject & Pick<LinkObject, 'fields'>) {
  const { change, lack } = await prepareList(work.ask, { name, typeId }, { ...work, fields })
  if (change !== undefined) work.changes.push(change)
  if (lack !== undefined) work.leftAlone.push(lack)
}

/** @returns undefined if the label, or the object of codes, is only planned */
async function prepareCodeLabel(
  { ask, name, config, known, language, changes, dryRun }: AtWork,
  link: TargetObject,
  codes: TargetObject | null | undefined,
): Promise<AssociationLabel | undefined> {
  const change = `associate ${link.name} with ${config.object}`
  if (codes == null) {
    changes.push(change)
    return undefined
  }
  const [own, other] = codes.typeId.startsWith(customPrefix) ? [codes, link] : [link, codes]
  const custom = findCustomObject(known.custom, own.typeId)
  const isToDefine = custom !== undefined && !isAssociated(custom, other.typeId)
  const found = isToDefine ? undefined : await readCodeLabel(ask, link, codes)
  if (found !== undefined) return found
  changes.push(change)
  if (dryRun) return undefined
  if (isToDefine) await defineAssociation(ask, custom, other, 'qrsync_code_link')
  return createCodeLabel(ask, { name, language }, link, codes)
}

const notShown = { showsScans: false, event: null }

/** Prepares how a linked record shows its scans. */
async function prepareLinkedScans(
  { ask, name, config, account, known, fields, language, changes, dryRun }: AtWork,
  rule: HubSpotSettings['link'][number],
  link: TargetObject,
): Promise<Pick<LinkObject, 'showsScans' | 'event'>> {
  const scans = findCustomObject(known.custom, scanObject.name)
  if (showsScans(config, rule) && (scans === undefined || !isAssociated(scans, link.typeId))) {
    changes.push(`associate ${scanObject.name} with ${link.name}`)
    if (!dryRun && scans !== undefined) await defineAssociation(ask, scans, link, `qr_scan_to_${link.name}`)
  }
  const shown = { showsScans: showsScans(config, rule), event: null }
  if (!sendsEvents(config, rule)) return shown
  const { portalId } = account
  const plan = { name, portalId, language, fields: eventFields(fields.scans), dryRun }
  const { event, changes: more } = await prepareScanEvent(ask, link, plan)
  changes.push(...more)
  return { ...shown, event }
}

function definitionsOf<Row>(fields: readonly Field<Row>[], language: Language): PropertyDefinition[] {
  return fields.map((field) => definitionOf(field, language))
}

/** @returns whether it was missing */
async function makeIfMissing(
  { ask, name, known, language, changes, dryRun }: AtWork,
  object: NewObject,
  definitions: readonly PropertyDefinition[],
): Promise<boolean> {
  if (findCustomObject(known.custom, object.name) !== undefined) return false
  changes.push(`create object ${object.name} with ${definitions.length} properties`)
  if (!dryRun) known.custom.push(await createCustomObject(ask, { object, definitions, language }, name))
  return true
}

/** @returns the properties that it had before */
async function prepareObject(
  { ask, name, language, options, dryRun, changes, leftAlone }: AtWork,
  object: TargetObject,
  definitions: readonly PropertyDefinition[],
  isNew: boolean,
) {
  const known = await readProperties(ask, object)
  leftAlone.push(...leftovers(object, known, definitions))
  const done = await prepareProperties(ask, { name, object, known, definitions, language, dryRun })
  for (const [property, each] of done.options) options.learn(object, property, each)
  // A new object is reported already.
  if (!isNew) changes.push(...done.changes)
  return known
}
