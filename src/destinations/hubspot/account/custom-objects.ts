import { z } from 'zod'
import type { ConnectorError } from '../../../model/connector-error.ts'
import type { Ask } from '../http/client.ts'
import { forbidden } from '../http/hubspot-error.ts'
import { codeKey, codeName } from '../mapping/code-fields.ts'
import type { Language } from '../settings.ts'
import type { Words } from '../mapping/language.ts'
import { scanKey, scanTitle } from '../mapping/scan-fields.ts'
import type { TargetObject } from './prepared.ts'
import type { PropertyDefinition } from './properties.ts'
import { parseRefusal, type Refusal } from '../http/refusal.ts'

const association = z.object({ fromObjectTypeId: z.string(), toObjectTypeId: z.string() })

const schema = z.object({
  name: z.string(),
  fullyQualifiedName: z.string().catch(''),
  objectTypeId: z.string(),
  primaryDisplayProperty: z.string().catch(''),
  requiredProperties: z.array(z.string()).catch([]),
  associations: z.array(association).catch([]),
})
export type CustomObject = z.output<typeof schema>

const schemaList = z.object({ results: z.array(schema) })

const schemas = '/crm-object-schemas/2026-09/schemas'

/** Null where we may not see them: the scope is missing, which only accounts with custom objects have. */
export async function readCustomObjects(ask: Ask): Promise<CustomObject[] | null> {
  const path = `${schemas}?includePropertyDefinitions=false&includeAssociationDefinitions=true`
  const answer = await ask({ method: 'GET', path }, [403])
  return answer.status === 403 ? null : answer.read(schemaList).results
}

export function findCustomObject(objects: readonly CustomObject[], name: string): CustomObject | undefined {
  return objects.find((each) => [each.name, each.fullyQualifiedName, each.objectTypeId].includes(name))
}

/** How an object of ours is made: with the properties that its page and its search need; the others follow. */
export interface NewObject {
  name: string
  labels: { singular: Words; plural: Words }
  description: Words
  key: string
  title: string
  besideTitle: string[]
  searched: string[]
}

export const codeObject: NewObject = {
  name: 'qr_code',
  labels: { singular: { en: 'QR code', de: 'QR-Code' }, plural: { en: 'QR codes', de: 'QR-Codes' } },
  description: {
    en: 'QR codes of QRCodeStack with their scans, kept up to date by qrsync.',
    de: 'QR-Codes von QRCodeStack mit ihren Scans, aktuell gehalten von qrsync.',
  },
  key: codeKey,
  title: codeName,
  besideTitle: ['qrsync_status', 'qrsync_total_scans'],
  searched: [codeName, codeKey, 'qrsync_short_url'],
}

export const scanObject: NewObject = {
  name: 'qr_scan',
  labels: { singular: { en: 'QR scan', de: 'QR-Scan' }, plural: { en: 'QR scans', de: 'QR-Scans' } },
  description: {
    en: 'Scans of the QR codes of QRCodeStack, kept up to date by qrsync.',
    de: 'Scans der QR-Codes von QRCodeStack, aktuell gehalten von qrsync.',
  },
  key: scanKey,
  title: scanTitle,
  besideTitle: ['qrsync_os', 'qrsync_city'],
  searched: [scanTitle, scanKey],
}

const createRefusals = [400, 402, 403, 409]
const sameObject = 'shouldCreateSameObjectAssociation'

/** @throws ConnectorError where the account has no room for custom objects, or none at all */
export async function createCustomObject(
  ask: Ask,
  {
    object,
    definitions,
    language,
  }: { object: NewObject; definitions: readonly PropertyDefinition[]; language: Language },
  destination: string,
): Promise<CustomObject> {
  const { name, labels, description, key, title, besideTitle, searched } = object
  const has = (property: string) => definitions.some((each) => each.name === property)
  const shown = new Set([key, title, ...besideTitle, ...searched])
  const body = {
    name,
    labels: { singular: labels.singular[language], plural: labels.plural[language] },
    description: description[language],
    primaryDisplayProperty: title,
    secondaryDisplayProperties: besideTitle.filter(has),
    searchableProperties: searched.filter(has),
    requiredProperties: [key],
    properties: definitions.filter((each) => shown.has(each.name)),
    associatedObjects: [],
    allowsSensitiveProperties: false,
  }
  let answer = await ask({ method: 'POST', path: schemas, body }, createRefusals)
  // HubSpot's reference of September 2026 wants it; its published files of August do not know it.
  if (answer.status === 400 && answer.text.includes(sameObject)) {
    answer = await ask(
      { method: 'POST', path: schemas, body: { ...body, [sameObject]: false } },
      createRefusals,
    )
  }
  if (answer.status < 300) return answer.read(schema)
  // 409: another worker was faster.
  const made = answer.status === 409 && findCustomObject((await readCustomObjects(ask)) ?? [], name)
  if (made) return made
  throw cannotCreate(object, parseRefusal(answer.text), destination)
}

/** An earlier version showed the records of an object of ours under another property. */
export async function retitleObject(
  ask: Ask,
  { objectTypeId }: CustomObject,
  { title, besideTitle, searched }: NewObject,
  definitions: readonly PropertyDefinition[],
): Promise<void> {
  const has = (property: string) => definitions.some((each) => each.name === property)
  const body = {
    primaryDisplayProperty: title,
    secondaryDisplayProperties: besideTitle.filter(has),
    searchableProperties: searched.filter(has),
    clearDescription: false,
  }
  await ask({ method: 'PATCH', path: `${schemas}/${objectTypeId}`, body })
}

function cannotCreate(object: NewObject, refusal: Refusal, destination: string): ConnectorError {
  const what = `HubSpot does not allow creating the custom object ${object.name}: ${refusal.reason}.`
  const advice =
    refusal.category === 'MISSING_SCOPES'
      ? `${scopeAdvice} ${insteadOf(object.name)}`
      : insteadOf(object.name)
  return forbidden(destination, what, advice)
}

const scopeAdvice = 'Give the service key or private app the scopes of custom objects.'

/** What to do in an account without custom objects, or without room for one more. */
export function insteadOf(object: string): string {
  return `Custom objects are part of Enterprise: without them, ${wayOut(object)}.`
}

function wayOut(object: string): string {
  if (object === scanObject.name) return 'leave out "scans: true"'
  if (object === codeObject.name) return 'use an existing object, such as "object: products"'
  return 'use a HubSpot object, such as companies'
}

export function maySeeNone(objects: readonly string[], destination: string): ConnectorError {
  const what = `The token cannot read custom objects, and so not ${objects.join(' or ')}.`
  const advice = [scopeAdvice, ...objects.map(insteadOf)].join(' ')
  return forbidden(destination, what, advice)
}

/** Lets records of one object be associated with those of another. */
export async function defineAssociation(
  ask: Ask,
  from: CustomObject,
  to: TargetObject,
  name: string,
): Promise<void> {
  const body = { fromObjectTypeId: from.objectTypeId, toObjectTypeId: to.typeId, name }
  // 409: another worker was faster.
  await ask({ method: 'POST', path: `${schemas}/${from.objectTypeId}/associations`, body }, [409])
}

export function isAssociated(object: CustomObject, typeId: string): boolean {
  return object.associations.some(({ fromObjectTypeId, toObjectTypeId }) =>
    [fromObjectTypeId, toObjectTypeId].includes(typeId),
  )
}
