import type {
  AssociationDefinitionEgg,
  ObjectSchema,
  ObjectSchemaEgg,
  ObjectTypeDefinitionPatch,
} from '@hubspot/api-client/lib/codegen/crm/schemas/index.js'
import type { ConnectorError } from '../../../model/connector-error.ts'
import type { Ask } from '../http/client.ts'
import { forbidden } from '../http/hubspot-error.ts'
import { given, throughClient, type Answer } from '../http/hubspot-apis.ts'
import { asSent, type Told } from '../http/told.ts'
import { codeKey, codeName } from '../mapping/code-fields.ts'
import type { Language } from '../settings.ts'
import type { Words } from '../mapping/language.ts'
import { scanKey, scanTitle } from '../mapping/scan-fields.ts'
import type { TargetObject } from './prepared.ts'
import type { PropertyDefinition } from './properties.ts'
import { parseRefusal, type Refusal } from '../http/refusal.ts'

export interface CustomObject {
  name: string
  fullyQualifiedName: string
  objectTypeId: string
  primaryDisplayProperty: string
  requiredProperties: readonly string[]
  associations: readonly { fromObjectTypeId: string; toObjectTypeId: string }[]
}

/** Null if HubSpot does not return its name or its id. */
function toCustomObject(told: Told<ObjectSchema>): CustomObject | null {
  if (typeof told?.name !== 'string' || typeof told.objectTypeId !== 'string') return null
  return {
    name: told.name,
    objectTypeId: told.objectTypeId,
    fullyQualifiedName: told.fullyQualifiedName ?? '',
    primaryDisplayProperty: told.primaryDisplayProperty ?? '',
    requiredProperties: (told.requiredProperties ?? []).filter((each) => typeof each === 'string'),
    associations: (told.associations ?? []).map((each) => ({
      fromObjectTypeId: each?.fromObjectTypeId ?? '',
      toObjectTypeId: each?.toObjectTypeId ?? '',
    })),
  }
}

/** @throws ConnectorError if it is not one */
function readCustomObject(told: Told<ObjectSchema>, { unreadable }: Answer<unknown>): CustomObject {
  const object = toCustomObject(told)
  if (object === null) throw unreadable('objectTypeId')
  return object
}

/**
 * Missing in the client, but part of the dated API: without it, the list contains all properties of all
 * objects.
 */
const withoutProperties = { includePropertyDefinitions: 'false', includeAssociationDefinitions: 'true' }

/** Null if we may not read them: the scope is missing, which only accounts with custom objects have. */
export async function readCustomObjects(ask: Ask): Promise<CustomObject[] | null> {
  const answer = await throughClient(ask, ({ schemas }) => schemas.getAllWithHttpInfo(), {
    judged: [403],
    query: withoutProperties,
  })
  if (answer.status === 403) return null
  return given(answer, 'results').map((each) => readCustomObject(each, answer))
}

/** Returns the names of deleted objects: HubSpot reserves them until they are deleted permanently. */
export async function readDeletedObjects(ask: Ask): Promise<string[]> {
  const answer = await throughClient(ask, ({ schemas }) => schemas.getAllWithHttpInfo(true), {
    judged: [400, 403, 404],
    query: withoutProperties,
  })
  return (answer.body.results ?? []).flatMap((each) => each?.name ?? [])
}

export function findCustomObject(objects: readonly CustomObject[], name: string): CustomObject | undefined {
  return objects.find((each) => [each.name, each.fullyQualifiedName, each.objectTypeId].includes(name))
}

/** Describes how to create an object, with the properties that its page and its search need; the others follow. */
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

/** Fields of the dated API that are missing in the client's type of a new object. */
const sensitive = { allowsSensitiveProperties: false }
const sameObject = 'shouldCreateSameObjectAssociation'

/** @throws ConnectorError if the account has no room for custom objects, or does not support them */
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
  const body = asSent<ObjectSchemaEgg>({
    name,
    labels: { singular: labels.singular[language], plural: labels.plural[language] },
    description: description[language],
    primaryDisplayProperty: title,
    secondaryDisplayProperties: besideTitle.filter(has),
    searchableProperties: searched.filter(has),
    requiredProperties: [key],
    properties: definitions.filter((each) => shown.has(each.name)),
    associatedObjects: [],
  })
  const create = (lacking: Readonly<Record<string, boolean>>) =>
    throughClient(ask, ({ schemas }) => schemas.createWithHttpInfo(body), {
      judged: createRefusals,
      readAs: 201,
      lacking,
    })
  let answer = await create(sensitive)
  // HubSpot's reference of September 2026 requires it; its published files of August do not know it.
  if (answer.status === 400 && answer.text.includes(sameObject)) {
    answer = await create({ ...sensitive, [sameObject]: false })
  }
  if (answer.status < 300) return readCustomObject(answer.body, answer)
  // 409: another worker created it first.
  const made = answer.status === 409 && findCustomObject((await readCustomObjects(ask)) ?? [], name)
  if (made) return made
  throw cannotCreate(object, parseRefusal(answer.text), destination)
}

/** Changes the title property of an object that an earlier version created with another one. */
export async function retitleObject(
  ask: Ask,
  { objectTypeId }: CustomObject,
  { title, besideTitle, searched }: NewObject,
  definitions: readonly PropertyDefinition[],
): Promise<void> {
  const has = (property: string) => definitions.some((each) => each.name === property)
  const body = asSent<ObjectTypeDefinitionPatch>({
    primaryDisplayProperty: title,
    secondaryDisplayProperties: besideTitle.filter(has),
    searchableProperties: searched.filter(has),
    clearDescription: false,
  })
  await throughClient(ask, ({ schemas }) => schemas.updateWithHttpInfo(objectTypeId, body))
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

/** Says what to do in an account without custom objects, or without room for one more. */
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

/** Allows associations between the records of two objects. */
export async function defineAssociation(
  ask: Ask,
  from: CustomObject,
  to: TargetObject,
  name: string,
): Promise<void> {
  const body = asSent<AssociationDefinitionEgg>({
    fromObjectTypeId: from.objectTypeId,
    toObjectTypeId: to.typeId,
    name,
  })
  // 409: another worker created it first.
  await throughClient(ask, ({ schemas }) => schemas.createAssociationWithHttpInfo(from.objectTypeId, body), {
    judged: [409],
    readAs: 201,
  })
}

export function isAssociated(object: CustomObject, typeId: string): boolean {
  return object.associations.some(({ fromObjectTypeId, toObjectTypeId }) =>
    [fromObjectTypeId, toObjectTypeId].includes(typeId),
  )
}
